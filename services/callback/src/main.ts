import { runMain } from '@prooftrail/runtime'
import { readCallbackConfig } from './config.ts'
import { startCallback } from './service.ts'

/** The callback service as a process of its own. */
await runMain('callback', readCallbackConfig, startCallback)
