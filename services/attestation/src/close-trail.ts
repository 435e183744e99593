import type { EventTypes } from '@prooftrail/contracts'
import { Refusal } from '@prooftrail/runtime'
import { type Pilot, sealFaults } from '@prooftrail/trail'
import { parseLinkName } from '@prooftrail/trail/format'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import { nextEntry } from './entry.ts'
import { evolve } from './evolve.ts'
import { nextLinks } from './later.ts'
import type { Integrated } from './log/index.ts'
import { type LedgerEntry, nameAt, refsOf } from './signer.ts'
import type { AttestationEvent, CheckedLink, Closing, Context, SealedTrail } from './state.ts'
import { checkFollows } from './trail-order.ts'

/** After this long without word from the log a document looks its leaf up itself. */
export const AWAIT_MS = 60_000

/** The newest entry is in the log: the seal goes out, and the next revision may follow. */
export function integrate(
  state: SealedTrail,
  { entry_id, index, hash }: Integrated,
  context: Context,
  at: string,
): AttestationEvent[] {
  if (state.awaited?.entry_id !== entry_id) return []
  const newest = newestEntry(state)
  const { object: entry } = newest.link
  const own = Buffer.from(leafHash(entryLeaf(newest.link.statementDigest))).toString('hex')
  if (own !== hash) throw new Refusal('PT-6011', `${entry_id} at index ${index} has hash ${hash}`)
  const seal = context.signer.seal(refsOf(state.items), entry, contractOf(state))
  const attested: AttestationEvent = {
    type: 'trail.attested',
    data: {
      work_order_id: entry.work_order_id,
      task_token: state.task_token,
      revision: entry.revision,
      verdict: entry.verdict,
      runtime_state: entry.pilot.runtime_state,
      ledger_entry_id: entry_id,
      attestation_id: seal.statement.predicate.attestation_id,
      log_index: index,
      // A statement is plain JSON; its interface has no index signature.
      statement: seal.statement as unknown as EventTypes['trail.attested']['statement'],
      key_id: seal.key_id,
      signature: seal.signature,
      issued_at: entry.issued_at,
    },
  }
  const next = evolve(state, attested)
  return next.status === 'sealed' ? [attested, ...revise(next, context, at)] : [attested]
}

/** The next revision over all facts that wait, if there are any and the log knows the newest entry. */
export function revise(state: SealedTrail, context: Context, at: string): AttestationEvent[] {
  const { index, attempt, task_token } = state
  const added = index === undefined ? undefined : nextLinks(state)
  if (index === undefined || added === undefined) return []
  checkFollows(added.links, state.items)
  const entry = nextEntry(state, newestEntry(state), index, added, context.signer.notBefore)
  const beside = { attempt, task_token, ...added.rest }
  return close(context, added.links, state.items, entry, beside, at)
}

/** Ends the trail so far with a ledger entry, whose index it then waits for. @throws Refusal PT-6014 */
export function close(
  context: Context,
  links: CheckedLink[],
  before: SealedTrail['items'],
  object: LedgerEntry,
  beside: Pick<Closing, 'attempt' | 'task_token' | 'late' | 'later' | 'attempts'>,
  at: string,
): AttestationEvent[] {
  const entry = context.signer.entry(object, refsOf([...before, ...links]))
  checkSealable(object, [...before, ...links, entry])
  return [
    { type: 'ledger.appended', data: entry.link },
    {
      type: 'trail.closed',
      data: { links, entry, ...beside, until: after(at, AWAIT_MS) },
    },
  ]
}

/** @throws Refusal PT-6014: what no verifier would accept is not sealed */
function checkSealable(entry: LedgerEntry, links: SealedTrail['items']): void {
  const { work_order_id } = entry
  // The header of an entry is a pilot header; absent and undefined are one in its JSON form.
  const pilot = entry.pilot as Pilot
  const faults = sealFaults({ work_order_id, pilot, links })
  if (faults.length === 0) return
  const words = faults.map(({ code, link, detail }) => `${code} ${link ?? ''}: ${detail}`)
  throw new Refusal('PT-6014', words.slice(0, 20).join('; '))
}

/** The link of the trail's last ledger entry. */
export function newestEntry(state: SealedTrail): CheckedLink<EventTypes['ledger.appended']> {
  const name = nameAt('ledger_entry', state.revision)
  const item = state.items.find((one) => one.name === name)
  if (item === undefined || !('link' in item)) throw new Error(`the trail has no ${name}`)
  // Only this service puts items of this name there, from entries that it made.
  return item as CheckedLink<EventTypes['ledger.appended']>
}

function contractOf(
  state: SealedTrail,
): EventTypes['result.accepted']['result_contract']['object'] | undefined {
  const item = state.items.findLast(({ name }) => parseLinkName(name)?.kind === 'result_contract')
  // A link of this name came as a result contract from the codec.
  return item && 'link' in item
    ? (item.link.object as EventTypes['result.accepted']['result_contract']['object'])
    : undefined
}

/** So many milliseconds after a time. */
export function after(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
