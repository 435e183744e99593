/**
 * The log: a pure fold of the ledger topic, its tiles, its store, and what its doors read. It knows
 * entries and keys, and nothing of how trails are joined.
 */

export type { Asked, Witness } from './ask-witness.ts'
export { makeCosigner } from './cosigner.ts'
export { type Folder, type LogOwner, openFolder } from './fold.ts'
export { makeLedgerFold } from './ledger-fold.ts'
export { makeRecordReader } from './ledger-record.ts'
export { openLogStore } from './mongo-store.ts'
export { type LogReader, makeLogReader } from './read-log.ts'
export type { Cosigned, Integrated, LogStore } from './store.ts'
