/** What of a value does not fit its schema, by path. */
import type { Output } from './output.ts'

/** What a value of the JSON form breaks, by path. */
export interface Misfit {
  readonly path: string
  readonly detail: string
}

/** Where a writer is, and what did not fit so far. */
export interface Walk {
  readonly out: Output
  readonly path: (string | number)[]
  readonly misfits: Misfit[]
}

/** Takes down what is wrong here. */
export function misfit(walk: Walk, detail: string): void {
  const path = walk.path.map((part) => `/${part}`).join('')
  walk.misfits.push({ path, detail })
}

/** Takes down what is wrong with a member. */
export function misfitAt(walk: Walk, name: string, detail: string): void {
  walk.path.push(name)
  misfit(walk, detail)
  walk.path.pop()
}

/** A value as a fault names it. */
export function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'number' ? `the number ${value}` : `a value of type ${typeof value}`
}
