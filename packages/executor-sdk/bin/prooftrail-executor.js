#!/usr/bin/env node
// Runs the tool in the folder it is started in (or in the one that is named). Uses what was built
// where this package and the tool are built; else the sources, so that nothing has to be built first.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = process.argv[2] ?? '.'
const built = new URL('../dist/bin.js', import.meta.url)
const toolIsBuilt = ['execute.js', 'dist/execute.js'].some((name) => existsSync(join(folder, name)))

const source = fileURLToPath(new URL('../src/bin.ts', import.meta.url))

// a published package has no sources
if ((existsSync(built) && toolIsBuilt) || !existsSync(source)) await import(built.href)
else {
  const loader = ['--conditions=@prooftrail/source', '--import', import.meta.resolve('tsx')]
  const child = spawn(process.execPath, [...loader, source, folder], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
  })
}
