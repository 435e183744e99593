import { runMain } from '@prooftrail/runtime'
import { readConsoleConfig } from './config.ts'
import { startConsole } from './service.ts'

await runMain('console', readConsoleConfig, startConsole)
