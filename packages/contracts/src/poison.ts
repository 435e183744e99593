import type { Code } from './codes.ts'

/**
 * A message that never becomes readable: it is parked with its code and its original bytes. Any
 * other error of the codec is an outage or a bug, and is retried.
 */
export class Poison extends Error {
  override readonly name = 'Poison'
  readonly code: Code
  readonly detail: string

  constructor(code: Code, detail: string, options?: ErrorOptions) {
    super(`${code} ${detail}`, options)
    this.code = code
    this.detail = detail
  }
}
