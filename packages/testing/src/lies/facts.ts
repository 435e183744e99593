/** Lies about what the objects say together: times, evidence, credits, callbacks, ids, tickets. */
import { deriveId, settlementId, ticketId, workOrderId } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { isObject } from '../plain.ts'
import { type Liar, pickDraft, say } from './objects.ts'
import { valueAt } from './paths.ts'
import { type Draft, draftOf, type Telling } from './telling.ts'

const MINUTE = 60_000

/** The time some milliseconds after another. */
export function later(time: unknown, ms: number): string {
  return new Date(Date.parse(String(time)) + ms).toISOString()
}

function find({ drafts }: Telling, name: string): Draft | undefined {
  return drafts.find((one) => one.name === name)
}

/** A link is older than one it follows, by more than clocks may differ. */
export const beforeWhatItFollows: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, ({ follows }) => follows.length > 0)
  if (draft === undefined) return undefined
  const followed = draft.follows.flatMap((name) => {
    const { issued_at } = draftOf(telling, name).object
    return issued_at === undefined ? [] : [Date.parse(String(issued_at))]
  })
  const newest = new Date(Math.max(...followed)).toISOString()
  return say(draft, 'issued_at', later(newest, -5 * MINUTE - 1 - random.below(1e6)))
}

/** Order, deadline, hold, events: one time is on the wrong side of another. */
export const wrongSide: Liar = (telling, random) => {
  const order = draftOf(telling, 'work_order')
  const command = find(telling, 'execution_command')
  const contract = find(telling, 'result_contract')
  const entry = pickDraft(telling, random, ({ kind }) => kind === 'ledger_entry')
  const ms = 1 + random.below(1e6)
  switch (random.below(4)) {
    case 0:
      if (command === undefined) return undefined
      return say(order, 'expires_at', later(order.object.issued_at, -ms + 1))
    case 1:
      if (command === undefined) return undefined
      return say(command, 'deadline', later(command.object.issued_at, -ms))
    case 2: {
      if (contract === undefined || telling.drafts.some(({ name }) => name.includes('/')))
        return undefined
      // everything behind the contract is later too
      const to = later(order.object.expires_at, 65 * MINUTE + ms)
      const shift = Date.parse(to) - Date.parse(String(contract.object.issued_at))
      const from = telling.drafts.indexOf(contract)
      for (const one of telling.drafts.slice(from)) {
        if (one.kind !== 'attestation' && one.kind !== 'settlement_receipt') {
          say(one, 'issued_at', later(one.object.issued_at, shift))
        }
      }
      return `result_contract: ${shift} ms later, behind the hold`
    }
    default: {
      const events: unknown = entry?.object.events
      if (entry === undefined || !Array.isArray(events) || events.length < 2) return undefined
      const at = 1 + random.below(events.length - 1)
      const before: unknown = valueAt(entry.object, `events.${at - 1}.occurred_at`)
      return say(entry, `events.${at}.occurred_at`, later(before, -ms))
    }
  }
}

const STATUS = ['ready', 'partial', 'failed', 'refused', 'delivered']
const EVIDENCE = ['sufficient', 'partial', 'insufficient', 'stale']
const TRUE_STATUS: Readonly<Record<string, string>> = {
  sufficient: 'ready',
  partial: 'partial',
  insufficient: 'failed',
}

/** Status, evidence and score do not fit, though every object repeats them alike. */
export const falseConclusion: Liar = (telling, random) => {
  const contract = pickDraft(telling, random, ({ kind }) => kind === 'result_contract')
  if (contract === undefined) return undefined
  const suffix = contract.name.replace('result_contract', '')
  const status = random.pick(STATUS)
  const evidence = random.pick(EVIDENCE)
  const score = random.pick([0, 1, 40, 80, 99, 100, 101])
  const fits =
    TRUE_STATUS[evidence] === status &&
    (score === 100) === (evidence === 'sufficient') &&
    score <= 100
  // a partial result also names what is missing, which a ready one does not
  const isLie = !fits || (status === 'partial' && contract.object.result_status === 'ready')
  if (!isLie) return undefined
  say(contract, 'result_status', status)
  say(contract, 'machine_result.evidence_status', evidence)
  say(contract, 'machine_result.evidence_score', score)
  const repeated = { evidence_status: evidence, evidence_score: score }
  for (const [name, value] of Object.entries(repeated)) {
    if (valueAt(contract.object, `machine_result.result_package.${name}`) !== undefined) {
      say(contract, `machine_result.result_package.${name}`, value)
    }
  }
  for (const kind of [
    'evidence_checklist',
    'readiness_result',
    'reconciliation_result',
    'usage_receipt',
  ]) {
    const own = find(telling, `${kind}${suffix}`)
    if (own === undefined) continue
    say(own, 'evidence_status', evidence)
    if (kind === 'usage_receipt') say(own, 'result_status', status)
  }
  return `result_contract${suffix}: ${status}, ${evidence}, ${score}`
}

/** A ticket of a contract is another's, twice there, or names what is not open; a gap is missing. */
export const falseTickets: Liar = (telling, random) => {
  const contract = pickDraft(
    telling,
    random,
    ({ kind, object }) => kind === 'result_contract' && object.result_status === 'partial',
  )
  if (contract === undefined) return undefined
  const ticket = valueAt(contract.object, 'exceptions.0')
  if (!isObject(ticket)) return undefined
  const { work_order_id } = telling
  const other = workOrderId('agent-other', 'x')
  switch (random.below(10)) {
    case 0:
      return say(contract, 'exceptions', [])
    case 1:
      return say(contract, 'exceptions', [ticket, ticket])
    case 2:
      return say(contract, 'exceptions.0.exception_type', 'settlement_hold')
    case 3:
      return say(contract, 'exceptions.0.missing_items', ['something_else'])
    case 4:
      return say(
        contract,
        'exceptions.0.exception_id',
        ticketId(work_order_id, 'evidence_gap', 64 + random.below(9)),
      )
    case 5:
      return say(contract, 'exceptions.0.exception_id', ticketId(other, 'evidence_gap', 0))
    case 6:
      return say(contract, 'exceptions.0.agent_task_run_id', deriveId('run', other, 0))
    case 7:
      return say(contract, 'machine_result.open_items', [])
    case 8: {
      const second = { ...ticket, exception_id: ticketId(work_order_id, 'evidence_gap', 7) }
      return say(contract, 'exceptions', [ticket, second])
    }
    default: {
      const many = Array.from({ length: 65 }, (_, i) => ({
        ...ticket,
        exception_type: `type_${i}`,
        exception_id: ticketId(work_order_id, `type_${i}`, 0),
      }))
      return say(contract, 'exceptions', [ticket, ...many.slice(0, 64)])
    }
  }
}

/** Amounts that do not add up, though each is a whole number. */
export const falseAmounts: Liar = (telling, random) => {
  const usage = pickDraft(telling, random, ({ kind }) => kind === 'usage_receipt')
  if (usage === undefined) return undefined
  const number = (path: string) => Number(valueAt(usage.object, path))
  const more = 1 + random.below(900)
  const settlement = find(telling, 'settlement_receipt')
  const isFirst = usage.name === 'usage_receipt'
  switch (random.below(8)) {
    case 0:
      return say(usage, 'credits_released', number('credits_released') + more)
    case 1:
      // held and its parts grow together: more than was held for the command
      if (!isFirst) return undefined
      say(usage, 'credits_held', number('credits_held') + more)
      return say(usage, 'credits_released', number('credits_released') + more)
    case 2: {
      if (usage.object.result_status !== 'failed') return undefined
      const debited = Math.min(more, number('credits_held'))
      say(usage, 'credits_debited', debited)
      say(usage, 'credit_ledger_entry.credits_debited', debited)
      return say(usage, 'credits_released', number('credits_held') - debited)
    }
    case 3:
      say(usage, 'remaining_credits', 1_000 + more)
      return say(usage, 'credit_ledger_entry.remaining_credits', 1_000 + more)
    case 4:
      return say(usage, 'credit_ledger_entry.remaining_credits', number('remaining_credits') + more)
    case 5:
      if (settlement === undefined) return undefined
      return say(settlement, 'credits_funded', 1_000 + more)
    case 6: {
      if (settlement === undefined) return undefined
      const member = random.pick([
        'credits_debited',
        'credits_held',
        'credits_consumed',
        'remaining_credits',
      ])
      return say(settlement, member, random.pick([0, more, 'none']))
    }
    default:
      if (!isFirst) return undefined
      return say(usage, 'credit_ledger_entry.agent_account_id', 'account-other')
  }
}

/** A settlement receipt of another account or funding, whose own id fits, or another policy. */
export const falseSettlement: Liar = (telling, random) => {
  const settlement = find(telling, 'settlement_receipt')
  const usage = find(telling, 'usage_receipt')
  if (settlement === undefined || usage === undefined) return undefined
  const { agent_account_id, provider_reference } = settlement.object
  const [account, reference] = [String(agent_account_id), String(provider_reference)]
  switch (random.below(4)) {
    case 0: {
      say(settlement, 'agent_account_id', 'account-other')
      return retarget(telling, settlementId('account-other', reference, 0))
    }
    case 1:
      return say(
        settlement,
        'settlement_id',
        settlementId(account, reference, 1 + random.below(63)),
      )
    case 2:
      return retarget(telling, settlementId(account, reference, 64 + random.below(9)))
    default:
      return say(usage, 'settlement_reference', settlementId(account, reference, 1))
  }
}

/** Everybody names this settlement receipt. */
export function retarget(telling: Telling, id: string): string {
  say(draftOf(telling, 'settlement_receipt'), 'settlement_id', id)
  say(draftOf(telling, 'execution_command'), 'ids.settlement_receipt', id)
  say(draftOf(telling, 'result_contract'), 'proof_objects.settlement_receipt', id)
  say(draftOf(telling, 'result_contract'), 'receipts.settlement_receipt', id)
  say(draftOf(telling, 'usage_receipt'), 'settlement_reference', id)
  return `settlement_receipt: ${id}`
}

/** A callback that was due or not, attempted or not, answered or not. */
export const falseCallback: Liar = (telling, random) => {
  const delivery = pickDraft(telling, random, ({ kind }) => kind === 'callback_delivery')
  const contract = find(telling, 'result_contract')
  if (delivery === undefined || contract === undefined) return undefined
  const isDue = draftOf(telling, 'work_order').object.callback_url !== undefined
  const { callback_status } = delivery.object
  if (!isDue) {
    switch (random.below(4)) {
      case 0:
        return say(delivery, 'attempt', 1 + random.below(3))
      case 1:
        return say(
          delivery,
          'callback_status',
          random.pick(['delivered', 'pending', 'failed', 'parked']),
        )
      case 2:
        return say(contract, 'callback.callback_status', 'pending')
      default:
        return say(delivery, 'callback_url', 'https://agent.example.com/unasked')
    }
  }
  switch (random.below(7)) {
    case 0:
      return say(delivery, 'attempt', 0)
    case 1:
      return say(delivery, 'callback_status', random.pick(['ready', 'sent', 'unknown']))
    case 2:
      if (callback_status !== 'delivered')
        return say(delivery, 'http_status', 200 + random.below(100))
      return say(delivery, 'http_status', random.pick([undefined, 199, 300, 404, 503, '200']))
    case 3:
      if (callback_status !== 'delivered') return say(delivery, 'callback_status', 'delivered')
      return say(delivery, 'callback_status', random.pick(['pending', 'failed', 'parked']))
    case 4: {
      const twice = telling.drafts.some(({ name }) => name === 'callback_delivery/1')
      const isReplay = telling.kind === 'replayed'
      if (!twice || isReplay) return undefined
      return say(delivery, 'callback_hash', digestOf({ other: random.below(1e6) }))
    }
    case 5:
      return say(contract, 'callback.callback_status', random.pick(['ready', 'delivered']))
    default:
      return say(
        delivery,
        'callback_hash',
        random.pick([undefined, 'none', `sha256:${'A'.repeat(64)}`]),
      )
  }
}

/** An id of the right form that is another number's, another kind's or another order's. */
export const anotherId: Liar = (telling, random) => {
  const places: [RegExp, Parameters<typeof deriveId>[0]][] = [
    [/^execution_command/, 'cmd'],
    [/^result_contract/, 'rc'],
    [/^usage_receipt/, 'usage'],
    [/^callback_delivery/, 'cb'],
    [/^ledger_entry/, 'le'],
    [/^evidence_checklist/, 'ec'],
    [/^readiness_result/, 'rr'],
    [/^reconciliation_result/, 'recon'],
    [/^intake_decision/, 'dec'],
  ]
  const MEMBERS: Readonly<Record<string, string>> = {
    ...{ cmd: 'tool_command_id', rc: 'result_contract_id', usage: 'receipt_id' },
    ...{ cb: 'callback_event_id', le: 'ledger_entry_id', ec: 'evidence_checklist_id' },
    ...{ rr: 'readiness_result_id', recon: 'reconciliation_result_id', dec: 'decision_id' },
  }
  const draft = pickDraft(telling, random, ({ kind }) => places.some(([name]) => name.test(kind)))
  const [, prefix] = places.find(([name]) => draft && name.test(draft.kind)) ?? []
  if (draft === undefined || prefix === undefined) return undefined
  const own = MEMBERS[prefix] ?? ''
  const { work_order_id } = telling
  const value = random.pick([
    deriveId(prefix, work_order_id, 5 + random.below(9)),
    deriveId(prefix, workOrderId('agent-other', 'x'), 0),
    deriveId('rec', work_order_id, 0),
    `${prefix}_${'a'.repeat(32)}`,
    String(draft.object[own]).toUpperCase(),
  ])
  return say(draft, own, value)
}

/** A member of an id's name, planted where only ids of this trail may stand. */
export const plantedId: Liar = (telling, random) => {
  const names = [
    ...['work_order_id', 'decision_id', 'tool_command_id', 'evidence_checklist_id', 'receipt_id'],
    ...['readiness_result_id', 'reconciliation_result_id', 'result_contract_id', 'settlement_id'],
    ...['callback_event_id', 'ledger_entry_id', 'attestation_id'],
  ]
  const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
  if (draft === undefined) return undefined
  const name = random.pick(names)
  const value = random.pick([
    'elsewhere-17',
    7,
    deriveId('usage', workOrderId('a', 'b'), 0),
    [],
    true,
  ])
  const planted = random.pick([
    { [name]: value },
    [{ deep: { [name]: value } }],
    { a: [{ [name]: value }] },
  ])
  return say(draft, 'note', planted)
}

/** The whole run is told of another order than the id says: everybody, or the order alone. */
export const anotherOrder: Liar = (telling, random) => {
  const order = draftOf(telling, 'work_order')
  const key = `example-${random.below(1e6)}`
  if (random.below(2) === 0) return say(order, 'idempotency_key', key)
  telling.work_order_id = workOrderId('agent-example', key)
  return `bundle: work_order_id of ${key}`
}

/** The refusal is none, has no reasons, or other ones than its codes. */
export const falseRefusal: Liar = (telling, random) => {
  const decision = find(telling, 'intake_decision')
  if (decision === undefined) return undefined
  const code = random.pick(['PT-2001', 'PT-11', 'PT-11041', '1104', 'pt-1104', ''])
  switch (random.below(6)) {
    case 0:
      return say(decision, 'decision', random.pick(['accepted', 'pending']))
    case 1:
      say(decision, 'reasons.0.code', code)
      return say(decision, 'reason_codes', [code])
    case 2:
      return say(decision, 'reason_codes', ['PT-1104', 'PT-1105'])
    case 3:
      return say(decision, 'reasons', [
        ...[valueAt(decision.object, 'reasons.0')],
        { code: 'PT-1105', detail: 'also' },
      ])
    case 4:
      return say(
        decision,
        'reasons.0',
        random.pick(['PT-1104', { code: 'PT-1104' }, { code: 'PT-1104', detail: '' }]),
      )
    default:
      return say(decision, 'work_order_digest', digestOf({ other: random.below(1e6) }))
  }
}
