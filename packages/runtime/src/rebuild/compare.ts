import type { Collection } from 'mongodb'
import type { Raw } from '../documents/document.ts'

/** The form of a state, as plain JSON, in which two are compared. */
export type Normal = (state: unknown) => unknown

/** How two collections differ, by documents. */
export interface Differences {
  equal: number
  /** Ids of those whose states differ: the first ones. */
  different: string[]
  differentCount: number
  /** In the first alone, in the second alone. */
  missing: number
  added: number
}

const PAGE = 200
const NAMED = 20

/** Compares two collections of documents, page by page. @throws in an outage */
export async function compareDocuments(
  before: Collection<Raw>,
  after: Collection<Raw>,
  normal: Normal = (state) => state,
): Promise<Differences> {
  const found: Differences = { equal: 0, different: [], differentCount: 0, missing: 0, added: 0 }
  let page: Raw[] = []
  let matched = 0
  const compare = async () => {
    const ids = page.map(({ _id }) => _id)
    const raws = await after.find({ _id: { $in: ids } }).toArray()
    const others = new Map(raws.map((raw) => [raw._id, raw]))
    for (const one of page) {
      const other = others.get(one._id)
      if (other === undefined) {
        found.missing += 1
        continue
      }
      matched += 1
      if (formOf(one, normal) === formOf(other, normal)) found.equal += 1
      else {
        found.differentCount += 1
        if (found.different.length < NAMED) found.different.push(one._id)
      }
    }
    page = []
  }
  for await (const raw of before.find({})) {
    page.push(raw)
    if (page.length >= PAGE) await compare()
  }
  await compare()
  found.added = (await after.countDocuments()) - matched
  return found
}

/** A normal form that leaves out members of these names, at any depth. */
export function without(names: readonly string[]): Normal {
  const left = new Set(names)
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip)
    if (typeof value !== 'object' || value === null) return value
    const members = Object.entries(value).filter(([name]) => !left.has(name))
    return Object.fromEntries(members.map(([name, member]) => [name, strip(member)]))
  }
  return strip
}

/** Equal for documents that say the same, whatever the order of members. */
function formOf({ state, parked, forgotten }: Raw, normal: Normal): string {
  return JSON.stringify([normal(JSON.parse(state)), parked ?? [], forgotten === true], inOrder)
}

function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
