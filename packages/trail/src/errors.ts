/** Every code that a `TrailError` can carry. A code is part of the interface; its meaning never changes. */
export type TrailErrorCode =
  | 'JSON_SYNTAX'
  | 'JSON_ENCODING'
  | 'JSON_DUPLICATE_KEY'
  | 'JSON_FORBIDDEN_KEY'
  | 'JSON_NULL'
  | 'JSON_UNDEFINED'
  | 'JSON_NUMBER'
  | 'JSON_SURROGATE'
  | 'JSON_TYPE'
  | 'JSON_DEPTH'
  | 'BASE64'
  | 'DIGEST'
  | 'ID'
  | 'KEY'
  | 'KEY_SET'
  | 'KEY_LIST'
  | 'LINK_NAME'
  | 'ENVELOPE'
  | 'STATEMENT'
  | 'SEAL'
  | 'LOG_INDEX'
  | 'LOG_TILE'
  | 'NOTE'
  | 'CHECKPOINT'
  | 'POLICY'
  | 'BUNDLE'

/** A value that is not what the wire format says; `code` says which rule, the message says where. */
export class TrailError extends Error {
  override readonly name = 'TrailError'
  readonly code: TrailErrorCode

  constructor(code: TrailErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
