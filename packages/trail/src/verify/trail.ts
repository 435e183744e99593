/** A trail taken apart: its links by revision and by result. */
import type { Bundle } from '../bundle.ts'
import type { Ending, LinkName } from '../format/kinds.ts'
import type { JsonObject } from '../shape.ts'
import type { Ref } from '../statement.ts'

/** One link of the bundle, read but not yet judged. */
export interface Link {
  name: string
  kind: LinkName
  n: number
  digest: string
  statement_digest: string
  /** The object; of a seal, its predicate. */
  object: JsonObject
  after: Ref[]
  /** Of a seal only. */
  subject?: Ref[]
  key_id: string
  signature: string
  /** What the signature is over. */
  payload: string
  /** Place in the bundle. */
  position: number
}

/** The links that one seal closes. */
export interface Revision {
  number: number
  facts: Link[]
  entry: Link
  seal: Link
}

/** One result with what led to it and what became of it. */
export interface Result {
  /** 0 for the first, 1 for the first replay, … */
  number: number
  command: Link
  own: Link[]
  contract: Link
  settlement: Link | undefined
  usage: Link
  /** All deliveries of this result's callback. */
  deliveries: Link[]
  revision: number
}

export interface Trail {
  bundle: Bundle
  links: Link[]
  revisions: Revision[]
  /** How the order ended, where it has no result. */
  ending: Ending | undefined
  order: Link
  results: Result[]
  /** The earlier links that each link follows, by place in the bundle. */
  parents: ReadonlyMap<Link, readonly Link[]>
}

/** Whether `link` follows `earlier`, at once or through others. */
export function follows({ parents }: Pick<Trail, 'parents'>, link: Link, earlier: Link): boolean {
  const waiting = [link]
  const seen = new Set<Link>()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const parent of parents.get(next) ?? []) {
      if (parent === earlier) return true
      if (parent.position > earlier.position && !seen.has(parent)) {
        seen.add(parent)
        waiting.push(parent)
      }
    }
  }
  return false
}

/** The revision that records a link: the first whose entry stands behind it. */
export function revisionOf({ revisions }: Pick<Trail, 'revisions'>, link: Link): number {
  return (
    revisions.find(({ seal }) => link.position <= seal.position)?.number ?? revisions.length - 1
  )
}
