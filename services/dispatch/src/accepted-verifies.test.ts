/** What dispatch accepts can be proven: the trail that is made of it verifies, whatever a tool signs. */
import type { ExecutionCommand, ResultContractLink, WorkOrderLink } from '@prooftrail/contracts'
import {
  type ExampleKind,
  type ExampleTrail,
  makeExampleTrail,
  verifiedBy,
} from '@prooftrail/testing/trail'
import { type Ref, verifyTrail } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { allocateIds } from '@prooftrail/trail/format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkSize, judgeResult } from './judge.ts'

type JsonObject = Record<string, unknown>

/** What a tool does to one of its links. */
interface Lie {
  what: string
  object?: (object: JsonObject) => JsonObject
  after?: (after: readonly Ref[]) => readonly Ref[]
}

const KINDS = ['tokenops-ready', 'tokenops-partial', 'tokenops-failed', 'standard'] as const

/** Made as everybody makes it who believes the tool. */
function believed(kind: ExampleKind, lie: Lie): ExampleTrail {
  let contract: JsonObject = {}
  return makeExampleTrail({
    kind,
    edit(name, object) {
      if (name === 'result_contract') contract = lie.object?.(object) ?? object
      if (name === 'result_contract') return contract
      return name === 'usage_receipt' ? charged(object, contract) : object
    },
    follow: (name, after) => (name === 'result_contract' ? (lie.after?.(after) ?? after) : after),
  })
}

/** The receipt of what the contract says: nothing is debited for a failed result. */
function charged(usage: JsonObject, contract: JsonObject): JsonObject {
  const { result_status, machine_result } = contract
  const { evidence_status } = Object(machine_result)
  if (result_status !== 'failed') return { ...usage, result_status, evidence_status }
  const held = Number(usage.credits_held)
  const free = { credits_debited: 0, remaining_credits: 1000 }
  const credit_ledger_entry = { ...Object(usage.credit_ledger_entry), ...free }
  return {
    ...{ ...usage, result_status, evidence_status, ...free },
    ...{ credits_released: held, credit_ledger_entry },
  }
}

/** Dispatch's answer to the result in an example: undefined when it accepts. */
function refusal({ links, signers }: ExampleTrail): string | undefined {
  const linkOf = (kind: string) => {
    const found = links.find(({ name }) => name === kind)
    if (found === undefined || !('link' in found)) throw new Error(`no ${kind}`)
    return found.link
  }
  // the examples' objects have these forms; a lying contract is what is tried
  const order = linkOf('work_order') as unknown as WorkOrderLink
  const command = linkOf('execution_command').object as unknown as ExecutionCommand
  const result_contract = linkOf('result_contract') as unknown as ResultContractLink
  const { work_order_id, tool_command_id, attempt, requested_tool: tool } = command
  const settlement = linkOf('settlement_receipt').object as { settlement_id: string }
  const trail = command.proof_requirements
  const result = { work_order_id, tool, tool_command_id, attempt, result_contract }
  const key = signers.executor
  if (key === undefined) throw new Error('no executor')
  const version = { version: '1.0.0', manifest: {}, manifest_digest: '', price: 20 }
  try {
    checkSize(result)
    judgeResult(
      result,
      {
        accepted: {
          ...{ work_order_id, order, task_token: command.task_token },
          accepted_at: command.issued_at,
          pins: { tool, manifest_version: '1.0.0', proof_trail: trail } as never,
        },
        ids: allocateIds(work_order_id, trail, attempt, settlement.settlement_id),
        current: {
          ...{ attempt, tool_command_id, commanded_at: command.issued_at },
          command_digest: digestOf(command),
        },
      },
      {
        tool: {
          ...{ status: 'tool', tool, registered_at: command.issued_at, revision: 0 },
          keys: [{ kid: key.key_id, x: key.privateKey.x }],
          versions: [{ ...version, registered_at: command.issued_at }],
        },
        verified: verifiedBy(key),
      },
      '2026-01-05T10:00:04.000Z',
      60,
    )
    return undefined
  } catch (error) {
    return String(error)
  }
}

const at = (path: string) => path.split('.')
const put = (object: JsonObject, [first = '', ...rest]: string[], value: unknown): JsonObject => {
  const { [first]: before, ...others } = object
  const next = rest.length === 0 ? value : put({ ...Object(before) }, rest, value)
  return next === undefined ? others : { ...others, [first]: next }
}
const says = (path: string, value: unknown): Lie => ({
  what: `${path} = ${JSON.stringify(value)?.slice(0, 60)}`,
  object: (object) => put(object, at(path), value),
})
const minutes = (n: number) => new Date(Date.UTC(2026, 0, 5, 10, n)).toISOString()
const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
const other = (prefix: string) => `${prefix}_${'a'.repeat(32)}`

const PATHS = [
  ...[
    'agent_task_run_id',
    'execution_binding_id',
    'task_token',
    'result_contract_id',
    'binding_id',
  ],
  ...['work_order_id', 'requested_tool', 'operating_tool', 'requested_capability', 'result_status'],
  ...[
    'contract_version',
    'lifecycle_state',
    'object_type',
    'human_summary',
    'issued_at',
    'exceptions',
  ],
  ...['machine_result.tool', 'machine_result.evidence_status', 'machine_result.evidence_score'],
  ...['machine_result.open_items', 'machine_result.next_actions', 'machine_result.result_package'],
  ...['callback.callback_url', 'callback.callback_status', 'callback.callback_event_id'],
  ...['receipts.usage_receipt', 'receipts.settlement_receipt', 'proof_objects.attestation'],
  ...[
    'proof_objects.usage_receipt',
    'proof_objects.extra',
    'machine_result.result_package.receipt_id',
  ],
  ...['machine_result.result_package.package_type', 'machine_result.result_package.evidence_score'],
  ...['machine_result.result_package.deep', 'machine_result.result_package.ledger_entry_id'],
]
const VALUES = [
  ...[undefined, '', 'x', 'ready', 'partial', 'failed', 'sufficient', 'insufficient', 'pending'],
  ...['delivered', 'tokenops', 'energyops', 0, 1, 40, 80, 99, 100, -1, 0.5, true, [], {}, [{}]],
  ...[other('run'), other('eb'), other('usage'), other('le'), other('tt'), other('ex')],
  ...[minutes(-7), minutes(-4), minutes(4), minutes(7), '2026-01-05T10:00:04Z', nested(58)],
  ...[nested(59), nested(60), nested(61), '9999-12-31T23:59:59.999Z', '2026-01-05T10:00:60.000Z'],
]

const lies: fc.Arbitrary<Lie> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...PATHS), fc.constantFrom(...VALUES))
    // what the example's later objects repeat has to be something
    .filter(([path, value]) => path !== 'result_status' || value !== undefined)
    .map(([path, value]) => says(path, value)),
  fc.integer({ min: 0, max: 3 }).map((n) => ({
    what: `names its command ${n} times`,
    after: (after: readonly Ref[]) => Array.from({ length: n }, () => after).flat(),
  })),
)

function expectProven(kind: ExampleKind, lie: Lie): boolean {
  const made = believed(kind, lie)
  if (refusal(made) !== undefined) return false
  expect({ lie: lie.what, problems: verifyTrail(made.bundle, made.keys).problems }).toEqual({
    ...{ lie: lie.what, problems: [] },
  })
  return true
}

test.each(KINDS)(
  'given the honest result of %s then it is accepted, and its trail verifies',
  (kind) => {
    expect(refusal(believed(kind, { what: 'nothing' }))).toBeUndefined()
    expect(expectProven(kind, { what: 'nothing' })).toBe(true)
  },
)

test('when any tool lies, what is accepted all the same has a trail that verifies', () => {
  const accepted: boolean[] = []
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), lies, (kind, lie) => {
      accepted.push(expectProven(kind, lie))
    }),
    { numRuns: 250 },
  )
  expect(accepted).toContain(true)
  expect(accepted).toContain(false)
}, 120_000)

test.each<[string, Lie]>([
  ['another run', says('agent_task_run_id', other('run'))],
  ['another binding', says('execution_binding_id', other('eb'))],
  ['a callback to elsewhere', says('callback.callback_url', 'https://evil.example/x')],
  ['failed work on sufficient evidence', says('result_status', 'failed')],
  [
    'a foreign id in its package',
    says('machine_result.result_package.records', [{ receipt_id: 'INV-7' }]),
  ],
  ['a clock six minutes slow', says('issued_at', minutes(-6))],
  [
    'a package nested too deep for a statement',
    says('machine_result.result_package.deep', nested(60)),
  ],
  ['a time without milliseconds', says('issued_at', '2026-01-05T10:00:04Z')],
  ['its command twice', { what: '', after: (after) => [...after, ...after] }],
])('given %s then the result is refused', (_, lie) => {
  expect(refusal(believed('tokenops-ready', lie))).toMatch(/PT-200[268]/)
})
