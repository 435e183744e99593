/** What rests on what in a trail, so that a problem's place can be held against what was changed. */
import type { Bundle, BundleLink } from '@prooftrail/trail'
import { parseLinkName } from '@prooftrail/trail/format'
import { objectOf, type Place } from './subject.ts'

/**
 * For each place those bound to it at once: links that name it by digest or id; of a ledger entry
 * or seal the links that it closes; of the newest entry the log's proof and the header, and back.
 */
export function bindings({ links }: Bundle): ReadonlyMap<Place, ReadonlySet<Place>> {
  const texts = links.map((link) => ({ name: link.name, text: atob(link.envelope.payload) }))
  const bound = new Map<Place, ReadonlySet<Place>>()
  const newest = links.findLast(({ name }) => isOf(name, 'ledger_entry'))?.name ?? ''
  let facts: Place[] = []
  for (const link of links) {
    const marks = marksOf(link)
    const named = texts.filter(({ text }) => marks.some((mark) => text.includes(mark)))
    const closed = isOf(link.name, 'ledger_entry') || isOf(link.name, 'attestation') ? facts : []
    const outside = link.name === newest ? ['log', 'pilot'] : []
    bound.set(link.name, new Set([...named.map(({ name }) => name), ...closed, ...outside]))
    facts = isOf(link.name, 'attestation') ? [] : [...facts, link.name]
  }
  bound.set('log', new Set([newest]))
  // every entry holds the header of its time
  const entries = links.filter(({ name }) => isOf(name, 'ledger_entry'))
  bound.set('pilot', new Set(entries.map(({ name }) => name)))
  return bound
}

/** The places and those bound to them at once. */
export function near(
  bound: ReadonlyMap<Place, ReadonlySet<Place>>,
  places: Iterable<Place>,
): Set<Place> {
  const all = new Set(places)
  for (const place of [...all]) for (const other of bound.get(place) ?? []) all.add(other)
  return all
}

/** The places and whatever is bound to them, at once or through others. */
export function resting(
  bound: ReadonlyMap<Place, ReadonlySet<Place>>,
  places: Iterable<Place>,
): Set<Place> {
  let all = new Set(places)
  for (let size = -1; size !== all.size; ) {
    size = all.size
    all = near(bound, all)
  }
  return all
}

/** Its digest, and the id that names it alone: the work order's own id stands everywhere. */
function marksOf(link: BundleLink): string[] {
  const object = objectOf(link)
  const id = object[ID_OF[parseLinkName(link.name)?.kind ?? ''] ?? '']
  return [link.digest.replace('sha256:', ''), ...(typeof id === 'string' ? [id] : [])]
}

const ID_OF: Readonly<Record<string, string>> = {
  execution_command: 'tool_command_id',
  result_contract: 'result_contract_id',
  settlement_receipt: 'settlement_id',
  usage_receipt: 'receipt_id',
  callback_delivery: 'callback_event_id',
}

function isOf(name: string, kind: string): boolean {
  return parseLinkName(name)?.kind === kind
}
