/** Stage 4: holds, settlement receipts, usage receipts. */
export { codes } from './codes.ts'
export { type ReceiptConfig, readReceiptConfig } from './config.ts'
export { COLLECTION, ENTRIES, makeReceipt, type ReceiptOptions, startReceipt } from './service.ts'
