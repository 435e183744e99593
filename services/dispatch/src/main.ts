import { runMain } from '@prooftrail/runtime'
import { readDispatchConfig } from './config.ts'
import { startDispatch } from './service.ts'

await runMain('dispatch', readDispatchConfig, startDispatch)
