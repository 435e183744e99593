import { runMain } from '@prooftrail/runtime'
import { readReceiptConfig } from './config.ts'
import { startReceipt } from './service.ts'

await runMain('receipt', readReceiptConfig, startReceipt)
