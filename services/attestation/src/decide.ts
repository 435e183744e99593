import { type EventTypes, keyOf, type PublicKey } from '@prooftrail/contracts'
import { backoffMs, type Input, type Message, Refusal } from '@prooftrail/runtime'
import { type Pilot, type Role, sealFaults, type TrailKey, trailKeyOf } from '@prooftrail/trail'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import { checkLink } from './check-link.ts'
import { firstEntry, nextEntry, refusedEntry } from './entry.ts'
import { evolve } from './evolve.ts'
import { type FactInput, ofRun, readDelivery, readFact } from './facts.ts'
import { type LedgerEntry, nameAt, refsOf } from './signer.ts'
import type {
  AttestationEvent,
  AttestationInput,
  CheckedLink,
  Context,
  Delivery,
  Integrated,
  SealedTrail,
  State,
} from './state.ts'
import { checkFollows, completeRun, isFinal } from './trail-order.ts'

/** After this long without word from the integrator a document looks its leaf up itself. */
const AWAIT_MS = 60_000
const AWAIT = { first: AWAIT_MS, most: 1_024 * AWAIT_MS }

/**
 * Joins the facts of a run, closes it, seals it once the log says its index, and adds revisions.
 * D1 An early fact is kept, never refused; the first entry depends on the set of facts only.
 * D2 No signature joins a trail before it was checked against a key that counts.
 * D3 A revision waits for the index of the entry it follows; facts that wait together join one.
 */

/** Knows an agent's keys. */
export function onAgentRegistered(state: State, { data }: Message<'agent.registered'>) {
  return learn(state, data.agent_id, 'agent', data)
}

/** Knows a tool's keys. */
export function onToolRegistered(state: State, { data }: Message<'tool.registered'>) {
  return learn(state, data.tool, 'executor', data)
}

/** Closes the trail of a refused order. @throws as checkLink and ofRun */
export function onWorkOrderRejected(
  state: State,
  { data, at, waited }: Message<'work-order.rejected'>,
  context: Context,
): readonly AttestationEvent[] {
  if (state.status !== 'absent') return []
  const check = { ...context, waited }
  const { order, decision, work_order_id, task_token } = data
  ofRun(work_order_id, 'order', order.object)
  ofRun(work_order_id, 'decision', decision.object)
  const links = [
    checkLink(order, order.object.agent_id, check),
    checkLink(decision, undefined, check),
  ] as const
  checkFollows(links)
  const entry = refusedEntry(data, [...links], context.signer.notBefore)
  return close(context, [...links], [], entry, { attempt: 0, task_token }, at)
}

/** Joins a fact of a run that has no seal yet. @throws as readFact */
export function onFact(
  state: State,
  input: FactInput,
  context: Context,
): readonly AttestationEvent[] {
  return state.status === 'sealed' ? [] : join(state, input, context)
}

/** Joins a delivery, or keeps it for the next revision. @throws as readFact */
export function onCallbackAttempted(
  state: State,
  input: Message<'callback.attempted'>,
  context: Context,
): readonly AttestationEvent[] {
  return state.status === 'sealed' ? deliver(state, input, context) : join(state, input, context)
}

/** Seals the revision whose entry is in the log now. @throws Refusal PT-6011 */
export function onEntryIntegrated(
  state: State,
  { data, at }: Input<'entry.integrated', Integrated>,
  context: Context,
): readonly AttestationEvent[] {
  return state.status === 'sealed' ? integrate(state, data, context, at) : []
}

/** Looks the leaf up that nobody told of. @throws Refusal PT-6011 */
export function onDue(
  state: State,
  { at }: Pick<AttestationInput, 'at'>,
  context: Context,
): readonly AttestationEvent[] {
  if (state.status !== 'sealed' || state.awaited === undefined) return []
  const leaf = context.leaves.get(state.awaited.entry_id)
  if (leaf) return integrate(state, leaf, context, at)
  const pause = backoffMs(state.awaited.looked + 1, AWAIT)
  return [{ type: 'index.missed', data: { until: after(at, pause) } }]
}

/** Keeps a fact; closes the run when it was the last one. */
function join(state: State, input: FactInput, context: Context): AttestationEvent[] {
  const fact = readFact(input, keyOf(input.type, input.data), { ...context, waited: input.waited })
  const kept: AttestationEvent = { type: 'fact.kept', data: fact }
  const next = evolve(state, kept)
  const run = next.status === 'joining' ? completeRun(next.facts) : undefined
  if (run === undefined) return [kept]
  const entry = firstEntry(run, context.signer.notBefore)
  const { attempt } = run.delivery.link.object
  const { task_token } = run.bound.command.link.object
  const closed = close(context, run.links, [], entry, { attempt, task_token }, input.at)
  // Attempts that were early too: a final one among them is the first revision's.
  const early = next.status === 'joining' ? next.facts.deliveries : []
  const late = early.filter(({ link }) => link.object.attempt > attempt && isFinal(link))
  return [kept, ...closed, ...late.map(keepDelivery)]
}

/** A delivery after the first seal: only the end of it is news, and only once. */
function deliver(
  state: SealedTrail,
  input: Extract<AttestationInput, { type: 'callback.attempted' }>,
  context: Context,
): AttestationEvent[] {
  if (input.data.object.attempt <= state.attempt || !isFinal(input.data)) return []
  const delivery = readDelivery(input, keyOf(input.type, input.data), {
    ...context,
    waited: input.waited,
  })
  const kept = keepDelivery(delivery)
  const next = evolve(state, kept)
  checkFollows([delivery], state.items)
  return next.status === 'sealed' ? [kept, ...revise(next, context, input.at)] : [kept]
}

/** The newest entry is in the log: the seal goes out, and the next revision may follow. */
function integrate(
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
function revise(state: SealedTrail, context: Context, at: string): AttestationEvent[] {
  const { late, index, attempt, task_token } = state
  if (late.length === 0 || index === undefined) return []
  const count = state.items.filter(({ name }) => name.startsWith('callback_delivery')).length
  const facts = late.map((delivery, i) => ({
    ...delivery,
    name: nameAt('callback_delivery', count + i),
  }))
  const newest = newestEntry(state)
  const entry = nextEntry(state, newest, index, facts, context.signer.notBefore)
  return close(context, facts, state.items, entry, { attempt, task_token }, at)
}

function close(
  context: Context,
  links: CheckedLink[],
  before: SealedTrail['items'],
  object: LedgerEntry,
  beside: Pick<SealedTrail, 'attempt' | 'task_token'>,
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

function learn(
  state: State,
  party: string,
  role: Role,
  data: { keys: PublicKey[]; revision: number },
): AttestationEvent[] {
  const isNews = state.status !== 'keys' || data.revision > state.revision
  const held = state.status === 'keys' ? state.keys : []
  const keys = data.keys
    .map((key) => toTrailKey(party, role, key))
    .filter(({ kid }) => isNews || held.every((one) => one.kid !== kid))
  if (keys.length === 0) return []
  return [{ type: 'keys.learned', data: { keys, revision: data.revision } }]
}

function toTrailKey(party: string, role: Role, { x, nbf, exp }: PublicKey): TrailKey {
  return trailKeyOf(
    { party, roles: [role], publicKey: { kty: 'OKP', crv: 'Ed25519', x } },
    { ...(nbf === undefined ? {} : { nbf }), ...(exp === undefined ? {} : { exp }) },
  )
}

function keepDelivery(delivery: Delivery): AttestationEvent {
  return { type: 'fact.kept', data: { kind: 'delivery', delivery } }
}

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
  const item = state.items.find(({ name }) => name === 'result_contract')
  // A link of this name came as a result contract from the codec.
  return item && 'link' in item
    ? (item.link.object as EventTypes['result.accepted']['result_contract']['object'])
    : undefined
}

function after(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
