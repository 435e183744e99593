/** What is wrong with a value, all of it at once. */
import type { Code } from './codes.ts'

/** One thing that is wrong: a stable code, where (`/evidence/0/reference`; empty: the whole), what. */
export interface Fault {
  readonly code: Code
  readonly path: string
  readonly detail: string
}

/** A value of ours that its contract refuses; `faults` holds every one of them. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly code: Code
  readonly faults: readonly Fault[]

  constructor(code: Code, what: string, faults: readonly Fault[]) {
    super(
      `${what}: ${faults.map(({ path, detail }) => `${path || 'the root'}: ${detail}`).join('; ')}`,
    )
    this.code = code
    this.faults = faults
  }
}
