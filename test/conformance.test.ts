/** The product's own tools have no privilege: they hold the record that anybody's tool must hold. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { conformanceFaults, readManifest } from '@prooftrail/executor-sdk'
import { expect, test } from 'vitest'
import { ROOT } from './repo/files.ts'

const folders = readdirSync(join(ROOT, 'services/executors')).map(
  (name) => `services/executors/${name}`,
)

test.each(folders)('%s passed the conformance suite as it is now', (name) => {
  const folder = join(ROOT, name)
  const mend = `with \`npm start\` running: npx prooftrail tools check ${name}`
  expect({ mend, stale: conformanceFaults(folder, readManifest(folder)) }).toEqual({
    ...{ mend, stale: [] },
  })
})
