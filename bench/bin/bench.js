#!/usr/bin/env node
// Builds what changed, then measures compiled code: that is what a deployment runs.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const args = process.argv.slice(2)
if (args.includes('--source')) {
  await import('../../packages/cli/bin/source.js')
  await import('../src/main.ts')
} else {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))
  const project = fileURLToPath(new URL('..', import.meta.url))
  const built = spawnSync(process.execPath, [tsc, '-b', project], { stdio: 'inherit' })
  if (built.status !== 0) process.exit(built.status ?? 1)
  await import('../dist/main.js')
}
