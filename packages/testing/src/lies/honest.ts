/** Honest trails that look different from the examples: no rule may refuse them. */
import { deriveId, settlementId, ticketId, workOrderId } from '@prooftrail/trail'
import type { JsonObject } from '../plain.ts'
import type { Random } from '../tampering/random.ts'
import { later, retarget } from './facts.ts'
import { pickDraft, say } from './objects.ts'
import { putAt } from './paths.ts'
import { type Draft, draftOf, isEnded, type Telling } from './telling.ts'

/** Changes a telling that stays true; answers what it says, undefined where it cannot. */
export type Variation = (telling: Telling, random: Random) => string | undefined

const MINUTE = 60_000

/** Objects are open: whatever else they hold is covered by the digest. */
const moreMembers: Variation = (telling, random) => {
  const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
  if (draft === undefined) return undefined
  const value = random.pick<unknown>([
    'grüße 😀',
    [0.5, -7, 1e-7, 123456789012345],
    { evidence_of: { receipt_id: 'elsewhere-1', work_order_id: 'other' } },
    { nested: [{ b: 1, a: [] }, {}] },
    9_007_199_254_740_991,
  ])
  return say(draft, `more_${random.below(99)}`, value)
}

/** Evidence names things of elsewhere by any member. */
const foreignEvidence: Variation = (telling, random) => {
  const evidence = {
    any_class: [{ reference: `r-${random.below(99)}`, settlement_id: 'stl_other' }],
  }
  return say(draftOf(telling, 'work_order'), 'evidence', evidence)
}

/** Everything happened at another time. */
const anotherTime: Variation = (telling, random) => {
  const ms = (random.below(2) === 0 ? 1 : -1) * random.below(400_000) * 60_000 + random.below(1000)
  for (const one of telling.drafts) one.object = shifted(one.object, ms)
  for (const key of telling.keys) {
    if (key.nbf !== undefined) key.nbf += Math.floor(ms / 1000)
  }
  return `${ms} ms later`
}

/** Clocks differ by as much as they may. */
const slowClock: Variation = (telling, random) => {
  const draft = pickDraft(
    telling,
    random,
    ({ kind, name }) => kind === 'callback_delivery' || name === 'usage_receipt',
  )
  if (draft === undefined) return undefined
  const parents = draft.follows.map((name) => draftOf(telling, name))
  const newest = Math.max(...parents.map(({ object }) => Date.parse(String(object.issued_at))))
  draft.object = { ...draft.object, issued_at: new Date(newest - 5 * MINUTE).toISOString() }
  return `${draft.name} five minutes early`
}

/** A key counts from its first second to the last before it ends. */
const edgesOfKeys: Variation = (telling, random) => {
  const times = telling.drafts.flatMap(({ object: { issued_at } }) =>
    issued_at === undefined ? [] : [Date.parse(String(issued_at))],
  )
  const [first, last] = [Math.min(...times), Math.max(...times)]
  for (const key of telling.keys) {
    key.nbf = Math.floor(first / 1000)
    key.exp = Math.floor(last / 1000) + 1
    // revoked when the log was longer than all that this trail needs
    if (random.below(3) === 0) key.revoked_at_log_size = 100_000
  }
  return 'keys at their edges'
}

/** The result is of a later attempt; earlier ones have commands that no trail holds. */
const laterAttempt: Variation = (telling, random) => {
  if (isEnded(telling) || telling.kind === 'replayed') return undefined
  const attempt = 2 + random.below(19)
  const id = deriveId('cmd', telling.work_order_id, attempt - 1)
  const command = draftOf(telling, 'execution_command')
  say(command, 'attempt', attempt)
  say(command, 'tool_command_id', id)
  say(command, 'ids.execution_command', id)
  say(draftOf(telling, 'result_contract'), 'proof_objects.execution_command', id)
  return `attempt ${attempt}`
}

/** The result comes when the hold is about to end. */
const lastMoment: Variation = (telling) => {
  if (isEnded(telling) || telling.drafts.some(({ name }) => name.includes('/'))) return undefined
  const contract = draftOf(telling, 'result_contract')
  const end = later(draftOf(telling, 'work_order').object.expires_at, 65 * MINUTE)
  const shift = Date.parse(end) - Date.parse(String(contract.object.issued_at))
  for (const one of telling.drafts.slice(telling.drafts.indexOf(contract))) {
    if (one.kind === 'attestation' || one.kind === 'settlement_receipt') continue
    one.object = { ...one.object, issued_at: later(one.object.issued_at, shift) }
  }
  return 'at the end of the hold'
}

/** Another price and account balance. */
const otherAmounts: Variation = (telling, random) => {
  if (isEnded(telling) || ['replayed', 'tokenops-failed'].includes(telling.kind)) return undefined
  const held = random.below(1_000)
  const debited = random.below(held + 1)
  const funded = 1_000 + held + random.below(1_000_000)
  const remaining = random.below(funded - debited + 1)
  say(draftOf(telling, 'execution_command'), 'hold.credits_held', held)
  const usage = draftOf(telling, 'usage_receipt')
  say(usage, 'credits_held', held)
  say(usage, 'credits_debited', debited)
  say(usage, 'credits_released', held - debited)
  say(usage, 'remaining_credits', remaining)
  say(usage, 'credit_ledger_entry.credits_funded', funded)
  say(usage, 'credit_ledger_entry.credits_debited', debited)
  say(usage, 'credit_ledger_entry.remaining_credits', remaining)
  return `${held} held, ${debited} debited`
}

/** The settlement receipt is a later one of the same funding. */
const laterSettlement: Variation = (telling, random) => {
  const settlement = telling.drafts.find(({ name }) => name === 'settlement_receipt')
  if (settlement === undefined) return undefined
  const { agent_account_id: account, provider_reference: reference } = settlement.object
  return retarget(telling, settlementId(String(account), String(reference), random.below(64)))
}

/** A log of any shape, and a checkpoint of any size that holds the entry. */
const otherLog: Variation = (telling, random) => {
  const { log } = telling
  log.before = random.below(random.pick([1, 4, 300]))
  log.behind = random.below(random.pick([1, 9, 300]))
  const behind = random.below(log.behind + 1)
  log.size = (size) => size - behind
  return `${log.before} leaves before, ${log.behind} behind, checkpoint of ${behind} less`
}

/** The callback was tried and not delivered. */
const undelivered: Variation = (telling, random) => {
  const delivery = telling.drafts.findLast(({ kind }) => kind === 'callback_delivery')
  if (delivery === undefined || delivery.object.callback_status === 'ready') return undefined
  const status = random.pick(['pending', 'failed', 'parked'])
  say(delivery, 'callback_status', status)
  say(delivery, 'attempt', 1 + random.below(10))
  return say(delivery, 'http_status', random.pick([undefined, 100, 199, 300, 404, 503]))
}

/** Partial evidence of any score, named by a ticket of any number. */
const otherGap: Variation = (telling, random) => {
  if (telling.kind !== 'tokenops-partial') return undefined
  const contract = draftOf(telling, 'result_contract')
  const score = random.below(100)
  say(contract, 'machine_result.evidence_score', score)
  say(contract, 'machine_result.result_package.evidence_score', score)
  const id = ticketId(telling.work_order_id, 'evidence_gap', random.below(64))
  return say(contract, 'exceptions.0.exception_id', id)
}

/** A tool of somebody else, whose trail is as long as its manifest says. */
const anotherTool: Variation = (telling, random) => {
  const tool = random.pick(['mytool', 'word_count', 'x2'])
  const { tool: old } = telling.pilot
  const renamed = (value: JsonObject): JsonObject =>
    JSON.parse(JSON.stringify(value).replaceAll(String(old), tool))
  telling.pilot = renamed(telling.pilot)
  for (const one of telling.drafts) one.object = renamed(one.object)
  for (const key of telling.keys) if (key.party === old) key.party = tool
  return `the tool is ${tool}`
}

/** Another agent's order: every id is another. */
const anotherAgent: Variation = (telling, random) => {
  const agent = `agent-${random.below(1e6)}`
  const key = random.pick(['order 1', 'grüße/€', '"quoted"\\', '0'])
  const [from, to] = [telling.work_order_id, workOrderId(agent, key)]
  const ids = new Map([[from, to]])
  for (const prefix of [
    'cmd',
    'rc',
    'usage',
    'cb',
    'le',
    'att',
    'dec',
    'run',
    'eb',
    'ec',
    'rr',
    'recon',
  ] as const) {
    for (const n of [0, 1, 2]) ids.set(deriveId(prefix, from, n), deriveId(prefix, to, n))
  }
  for (const n of [0, 1])
    ids.set(ticketId(from, 'evidence_gap', n), ticketId(to, 'evidence_gap', n))
  for (const one of telling.drafts) {
    let text = JSON.stringify(one.object)
    for (const [before, after] of ids) text = text.replaceAll(before, after)
    one.object = JSON.parse(text.replaceAll('"agent-example"', JSON.stringify(agent)))
  }
  putAt(draftOf(telling, 'work_order').object, 'idempotency_key', key)
  for (const one of telling.keys) if (one.party === 'agent-example') one.party = agent
  telling.work_order_id = to
  return `ordered by ${agent} as ${key}`
}

/** Something came later: a decision, a ticket, a request; each closed by a revision. */
const laterFact: Variation = (telling, random) => {
  if (isEnded(telling)) return undefined
  const { drafts, work_order_id, signers, pilot } = telling
  const [entry, seal] = drafts.slice(-2)
  const n = drafts.filter(({ kind }) => kind === 'ledger_entry').length
  const { operator, dispatch } = signers
  if (entry === undefined || seal === undefined || !operator || !dispatch) return undefined
  const at = (minutes: number) => later(entry.object.issued_at, minutes * MINUTE)
  const kind = random.pick(['operator_decision', 'exception_ticket', 'recovery_request'] as const)
  const number = drafts.filter((one) => one.kind === kind).length
  const name = number === 0 ? kind : `${kind}/${number}`
  const ticket = {
    exception_type: 'callback_failure',
    exception_id: ticketId(work_order_id, 'callback_failure', random.below(5)),
  }
  const fact: Draft = {
    ...{ name, kind, follows: ['result_contract'] },
    signer: kind === 'exception_ticket' ? dispatch : operator,
    object: {
      ...{ object_type: kind, work_order_id, issued_at: at(1) },
      ...(kind === 'exception_ticket' ? ticket : {}),
    },
  }
  const state = random.pick(['closed', 'exception_open', 'operating', 'queued', 'replay_ready'])
  telling.pilot = { ...pilot, runtime_state: state }
  const object = {
    ...entry.object,
    ...{ ledger_entry_id: deriveId('le', work_order_id, n), revision: n, issued_at: at(2) },
    pilot: telling.pilot,
  }
  telling.drafts = [
    ...drafts,
    fact,
    { name: `ledger_entry/${n}`, kind: 'ledger_entry', object, follows: [], signer: entry.signer },
    { ...seal, name: `attestation/${n}` },
  ]
  return `a later ${kind}`
}

function shifted(object: JsonObject, ms: number): JsonObject {
  const copy: JsonObject = structuredClone(object)
  const visit = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return
    for (const [name, value] of Object.entries(at)) {
      const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
      if (isTime) Reflect.set(at, name, later(value, ms))
      else visit(value)
    }
  }
  visit(copy)
  return copy
}

/** All of them, in the order in which they can be applied together. */
export const VARIATIONS: readonly Variation[] = [
  ...[anotherAgent, anotherTool, anotherTime, laterFact, lastMoment, slowClock, edgesOfKeys],
  ...[foreignEvidence, moreMembers, laterAttempt, otherAmounts, laterSettlement, undelivered],
  ...[otherGap, otherLog],
]
