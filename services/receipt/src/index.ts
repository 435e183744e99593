/** Stage 4: holds, settlement receipts, usage receipts. */
export { codes } from './codes.ts'
export { type ReceiptConfig, readConfig } from './config.ts'
export { metrics } from './metric-table.ts'
export { rebuild } from './rebuild.ts'
export { receipt, start } from './service.ts'
