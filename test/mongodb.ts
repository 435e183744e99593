import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Runs the suites that need servers with a `mongod` from PATH instead of the stand-in. Arguments go
 * to vitest: `npm run test:mongodb -- --project int`.
 */
const mongod = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'mongod'))
  .find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
if (mongod === undefined) {
  console.log('No mongod is on PATH, so its tests were skipped.')
} else {
  console.log(`on ${mongod}`)
  const given = process.argv.slice(2)
  const projects = ['int', 'e2e', 'faults'].flatMap((name) => ['--project', name])
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, ...env } = process.env
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', ...(given.includes('--project') ? [] : projects), ...given],
    { stdio: 'inherit', env: { ...env, TEST_MONGODB: 'mongod' } },
  )
  process.exitCode = status ?? 1
}
