import { basename, resolve } from 'node:path'
import { loadService } from './load-service.ts'
import { runMain } from './run-main.ts'

/** Runs the service whose folder is the first argument, or the working directory. */
const folder = resolve(process.argv[2] ?? '.')
const { readConfig, start } = await loadService(folder)
await runMain(basename(folder), readConfig, start)
