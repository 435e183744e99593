/** What can go wrong with a stack; each code is stable and explained in this package's README. */
export type StackErrorCode =
  | 'STACK_ADDRESSES_INCOMPLETE'
  | 'STACK_ADDRESS_INVALID'
  | 'STACK_TOOLS_MISSING'
  | 'STACK_FETCH_FAILED'
  | 'STACK_CHECKSUM_MISMATCH'
  | 'STACK_KAFKA_NOT_PINNED'
  | 'STACK_ALREADY_RUNNING'
  | 'STACK_REGISTRY_LOST'
  | 'STACK_DATA_OUTDATED'
  | 'STACK_BROKERS_DIFFER'
  | 'STACK_PART_FAILED'
  | 'STACK_NO_ENGINE'
  | 'STACK_BACKUP_NOTHING'
  | 'STACK_BACKUP_TARGET'
  | 'STACK_BACKUP_BROKEN'

/** A stack that cannot be had: `message` says what happened and what to do about it. */
export class StackError extends Error {
  override readonly name = 'StackError'
  readonly code: StackErrorCode

  constructor(code: StackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
