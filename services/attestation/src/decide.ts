import { keyOf } from '@prooftrail/contracts'
import { backoffMs, type Input, type Message } from '@prooftrail/runtime'
import { checkLink } from './check-link.ts'
import { AWAIT_MS, after, close, integrate, revise } from './close-trail.ts'
import { expiredEntry, firstEntry, refusedEntry } from './entry.ts'
import { evolve } from './evolve.ts'
import { type FactInput, listedLink, ofRun, readDelivery, readFact } from './facts.ts'
import { attemptOf, numberOfCallback, resultsIn } from './later.ts'
import type { Integrated } from './log/index.ts'
import { learn } from './party-keys.ts'
import {
  type AttestationEvent,
  type AttestationInput,
  type Context,
  type Delivery,
  noFacts,
  type SealedTrail,
  type State,
} from './state.ts'
import { checkFollows, completeRun, isFinal } from './trail-order.ts'

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

/**
 * Closes the trail of an order that no result came of, with the act that released it where one did;
 * or adds the end of a time limit to a run's.
 * @throws as readFact
 */
export function onRunExpired(
  state: State,
  input: Message<'run.expired'>,
  context: Context,
): readonly AttestationEvent[] {
  const { data, at, waited } = input
  const { order, release, expiry, agent_id, work_order_id, task_token } = data
  if (order === undefined) return onFact(state, input, context)
  if (state.status === 'sealed') return []
  const check = { ...context, waited }
  ofRun(work_order_id, 'order', order.object)
  ofRun(work_order_id, 'expiry', expiry.object)
  if (release) ofRun(work_order_id, 'act', release.object)
  const links = [
    checkLink(order, order.object.agent_id, check),
    ...(release ? [listedLink(release, agent_id, check)] : []),
    checkLink(expiry, undefined, check),
  ]
  checkFollows(links)
  const entry = expiredEntry(data, [...links], context.signer.notBefore)
  return close(context, [...links], [], entry, { attempt: 0, task_token }, at)
}

/** Joins a fact of a run, or keeps it for a revision. @throws as readFact */
export function onFact(
  state: State,
  input: FactInput,
  context: Context,
): readonly AttestationEvent[] {
  if (state.status !== 'sealed') return join(state, input, context)
  return isLater(state, input) ? keepForRevision(state, input, context) : []
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
  const { later, deliveries: early } = next.status === 'joining' ? next.facts : noFacts()
  const beside = { attempt, task_token, ...(later ? { later } : {}) }
  const closed = close(context, run.links, [], entry, beside, input.at)
  // Attempts that were early too: a final one among them is the first revision's.
  const late = early.filter(({ link }) => link.object.attempt > attempt && isFinal(link))
  return [kept, ...closed, ...late.map((delivery) => keepDelivery(delivery, 0))]
}

/** A delivery after the first seal: only the end of it is news, and only once. */
function deliver(
  state: SealedTrail,
  input: Extract<AttestationInput, { type: 'callback.attempted' }>,
  context: Context,
): AttestationEvent[] {
  const number = numberOfCallback(input.data.object)
  if (number >= resultsIn(state.items)) return keepForRevision(state, input, context)
  if (input.data.object.attempt <= attemptOf(state, number) || !isFinal(input.data)) return []
  const delivery = readDelivery(input, keyOf(input.type, input.data), {
    ...context,
    waited: input.waited,
  })
  const kept = keepDelivery(delivery, number)
  const next = evolve(state, kept)
  checkFollows([delivery], state.items)
  return next.status === 'sealed' ? [kept, ...revise(next, context, input.at)] : [kept]
}

function keepDelivery(delivery: Delivery, number: number): AttestationEvent {
  return { type: 'fact.kept', data: { kind: 'delivery', number, delivery } }
}

/**
 * Whether a fact is news to a sealed trail: of a result that it does not hold, or an act. A trail
 * without a result is whole.
 */
function isLater({ items }: SealedTrail, input: FactInput): boolean {
  if (resultsIn(items) === 0) return false
  switch (input.type) {
    case 'recovery.accepted':
    case 'run.expired':
      return true
    case 'callback.attempted':
      return numberOfCallback(input.data.object) >= resultsIn(items)
    case 'execution.bound':
    case 'result.accepted':
    case 'usage-receipt.issued':
      return (input.data.result_number ?? 0) >= resultsIn(items)
  }
}

/** Keeps a fact, and makes the revision whose last one it was. */
function keepForRevision(
  state: SealedTrail,
  input: FactInput,
  context: Context,
): AttestationEvent[] {
  const fact = readFact(input, keyOf(input.type, input.data), { ...context, waited: input.waited })
  const kept: AttestationEvent = { type: 'fact.kept', data: fact }
  const next = evolve(state, kept)
  return next.status === 'sealed' ? [kept, ...revise(next, context, input.at)] : [kept]
}
