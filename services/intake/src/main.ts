import { runMain } from '@prooftrail/runtime'
import { readIntakeConfig } from './config.ts'
import { startIntake } from './service.ts'

await runMain('intake', readIntakeConfig, startIntake)
