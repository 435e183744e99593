import {
  EXAMPLE_KINDS,
  EXAMPLE_ORIGIN,
  type ExampleKind,
  type ExampleOptions,
  exampleKey,
  exampleTrailKey,
  makeExampleTrail,
} from '@prooftrail/testing/trail'
import { describe, expect, test } from 'vitest'
import type { Bundle } from './bundle.ts'
import { signCheckpoint } from './checkpoint.ts'
import { digestOf } from './digest.ts'
import type { TrailKey } from './keys.ts'
import { Link } from './link.ts'
import type { JsonObject } from './shape.ts'
import { verifyTrail } from './verify.ts'

const text = (value: unknown) => JSON.stringify(value)
const codes = ({ bundle, keys }: { bundle: unknown; keys: unknown }) =>
  verifyTrail(bundle, keys).problems.map(({ code, link }) => (link ? `${code} ${link}` : code))

/** What verification says of a trail whose object was edited and signed again by everybody. */
function resigned(kind: ExampleKind, name: string, change: (object: JsonObject) => JsonObject) {
  const edit: ExampleOptions['edit'] = (at, object) => (at === name ? change(object) : object)
  return codes(makeExampleTrail({ kind, edit }))
}

/** What it says of a bundle that was changed as a file. */
function tampered(kind: ExampleKind, change: (bundle: Bundle) => void) {
  const { bundle, keys } = makeExampleTrail({ kind })
  const copy: Bundle = JSON.parse(text(bundle))
  change(copy)
  return codes({ bundle: copy, keys })
}

describe.each(EXAMPLE_KINDS)('given the example %s', (kind) => {
  test('when it is verified as text, bytes or value then everything holds', () => {
    const { bundle, keys } = makeExampleTrail({ kind })
    const bytes = new TextEncoder().encode(text(bundle))
    for (const form of [text(bundle), bytes, bundle]) {
      const { ok, problems, verdict, links } = verifyTrail(form, text(keys))
      expect(problems).toEqual([])
      expect(ok).toBe(true)
      expect(['ready', 'partial', 'failed', 'refused', 'expired', 'released']).toContain(verdict)
      expect(links.every((link) => link.ok && link.party && link.role)).toBe(true)
    }
  })

  test('when any link is dropped, doubled or swapped then it does not verify', () => {
    const { bundle } = makeExampleTrail({ kind })
    bundle.links.forEach((_, i) => {
      expect(tampered(kind, ({ links }) => links.splice(i, 1))).not.toEqual([])
      expect(
        tampered(kind, ({ links }) => links.splice(i, 0, ...links.slice(i, i + 1))),
      ).not.toEqual([])
      if (i > 0) {
        expect(
          tampered(kind, ({ links }) =>
            links.splice(i - 1, 2, ...links.slice(i - 1, i + 1).reverse()),
          ),
        ).not.toEqual([])
      }
    })
  })

  test('when a member is added anywhere in the closed part then it does not verify', () => {
    const add = (pick: (bundle: Bundle) => object | undefined) =>
      tampered(kind, (bundle) => Object.assign(pick(bundle) ?? {}, { extra: true }))
    expect(add((bundle) => bundle)).toEqual(['BUNDLE_FORM'])
    expect(add((bundle) => bundle.pilot)).toEqual(['BUNDLE_FORM'])
    expect(add((bundle) => bundle.log)).toEqual(['BUNDLE_FORM'])
    expect(add((bundle) => bundle.links[0])).toEqual(['BUNDLE_FORM'])
    expect(add((bundle) => bundle.links[0]?.envelope)).toEqual(['BUNDLE_FORM work_order'])
    expect(add((bundle) => bundle.links[0]?.envelope.signatures[0])).toEqual([
      'BUNDLE_FORM work_order',
    ])
  })

  test('when a link is signed with a key of another role, even validly, then it does not verify', () => {
    const stranger = exampleKey('stranger', ['webhook'])
    const { bundle } = makeExampleTrail({ kind })
    for (const { name } of bundle.links) {
      const key: ExampleOptions['key'] = (at, usual) => (at === name ? stranger : usual)
      const example = makeExampleTrail({ kind, key })
      const known = { keys: [...example.keys.keys, exampleTrailKey(stranger)] }
      expect(codes(example)).toContain(`KEY_UNKNOWN ${name}`)
      expect(codes({ ...example, keys: known })).toContain(`KEY_ROLE ${name}`)
    }
  })
})

const member = (path: string, value: unknown) => (object: JsonObject) => {
  const copy: JsonObject = structuredClone(object)
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  let at = copy
  // the paths below name objects that are there
  for (const step of steps) at = at[step] as JsonObject
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}

const MISMATCH_COMMAND = 'OBJECT_MISMATCH execution_command'
const MISMATCH_CONTRACT = 'OBJECT_MISMATCH result_contract'
const ID_CONTRACT = 'OBJECT_ID result_contract'

/** Every party signs the lie: only the rules between objects can find it. */
const LIES: [ExampleKind, string, string, unknown, string][] = [
  ['tokenops-ready', 'work_order', 'agent_id', 'somebody', 'KEY_PARTY work_order'],
  ['tokenops-ready', 'work_order', 'idempotency_key', 'other', 'OBJECT_ID work_order'],
  ['tokenops-ready', 'work_order', 'requested_tool', 'energyops', 'OBJECT_MISMATCH work_order'],
  ['tokenops-ready', 'work_order', 'execution_mode', 'standard', 'OBJECT_MISMATCH work_order'],
  ['tokenops-ready', 'work_order', 'pilot_id', 'mine', 'PILOT work_order'],
  [
    'tokenops-ready',
    'work_order',
    'expires_at',
    '2025-01-01T00:00:00.000Z',
    'OBJECT_FORM work_order',
  ],
  ['tokenops-ready', 'work_order', 'issued_at', '2026-01-05T10:00:00Z', 'OBJECT_TIME work_order'],
  [
    'tokenops-ready',
    'work_order',
    'workflow_context',
    { receipt_id: 'usage_x' },
    'OBJECT_ID work_order',
  ],
  ['tokenops-ready', 'execution_command', 'attempt', 2, 'OBJECT_ID execution_command'],
  [
    'tokenops-ready',
    'execution_command',
    'tool_command_id',
    'cmd_x',
    'OBJECT_ID execution_command',
  ],
  ['tokenops-ready', 'execution_command', 'work_order_id', 'wo_x', 'OBJECT_ID execution_command'],
  [
    'tokenops-ready',
    'execution_command',
    'ids.usage_receipt',
    'usage_x',
    'OBJECT_ID execution_command',
  ],
  ['tokenops-ready', 'execution_command', 'hold', undefined, 'OBJECT_FORM execution_command'],
  ['tokenops-ready', 'execution_command', 'execution_mode', undefined, MISMATCH_COMMAND],
  ['tokenops-ready', 'execution_command', 'agent_id', undefined, MISMATCH_COMMAND],
  ['tokenops-ready', 'execution_command', 'callback_url', undefined, MISMATCH_COMMAND],
  ['tokenops-ready', 'result_contract', 'requested_capability', undefined, MISMATCH_CONTRACT],
  [
    'tokenops-ready',
    'result_contract',
    'agent_task_run_id',
    undefined,
    'OBJECT_FORM result_contract',
  ],
  ['tokenops-partial', 'result_contract', 'exceptions.0.agent_task_run_id', 'run_x', ID_CONTRACT],
  ['tokenops-partial', 'result_contract', 'exceptions.0.work_order_id', undefined, ID_CONTRACT],
  [
    'tokenops-partial',
    'result_contract',
    'exceptions.0.object_type',
    'x',
    'OBJECT_FORM result_contract',
  ],
  [
    'tokenops-partial',
    'result_contract',
    'exceptions.0.missing_items',
    ['other'],
    'EVIDENCE result_contract',
  ],
  [
    'tokenops-ready',
    'usage_receipt',
    'evidence_status',
    undefined,
    'OBJECT_MISMATCH usage_receipt',
  ],
  [
    'tokenops-ready',
    'callback_delivery',
    'callback_url',
    'https://evil.example',
    'OBJECT_MISMATCH callback_delivery',
  ],
  ['tokenops-ready', 'ledger_entry', 'evidence_status', undefined, 'OBJECT_MISMATCH ledger_entry'],
  ['refused', 'ledger_entry', 'credits', undefined, 'CREDITS ledger_entry'],
  ['tokenops-ready', 'execution_command', 'hold.credits_held', 24, 'CREDITS usage_receipt'],
  [
    'tokenops-ready',
    'execution_command',
    'proof_requirements',
    [],
    'OBJECT_MISMATCH execution_command',
  ],
  [
    'tokenops-ready',
    'execution_command',
    'issued_at',
    '2026-01-05T09:00:00.000Z',
    'OBJECT_TIME execution_command',
  ],
  [
    'energyops-ready',
    'evidence_checklist',
    'evidence_checklist_id',
    'ec_x',
    'OBJECT_ID evidence_checklist',
  ],
  [
    'energyops-ready',
    'readiness_result',
    'evidence_status',
    'partial',
    'OBJECT_MISMATCH readiness_result',
  ],
  [
    'financeops-ready',
    'reconciliation_result',
    'requested_tool',
    'tokenops',
    'OBJECT_ID reconciliation_result',
  ],
  ['tokenops-ready', 'result_contract', 'result_status', 'partial', 'EVIDENCE result_contract'],
  ['tokenops-ready', 'result_contract', 'result_status', 'delivered', 'EVIDENCE result_contract'],
  [
    'tokenops-ready',
    'result_contract',
    'machine_result.evidence_score',
    99,
    'EVIDENCE result_contract',
  ],
  [
    'tokenops-partial',
    'result_contract',
    'machine_result.evidence_score',
    100,
    'EVIDENCE result_contract',
  ],
  ['tokenops-partial', 'result_contract', 'result_status', 'ready', 'EVIDENCE result_contract'],
  ['tokenops-partial', 'result_contract', 'exceptions', [], 'EVIDENCE result_contract'],
  [
    'tokenops-partial',
    'result_contract',
    'machine_result.open_items',
    [],
    'EVIDENCE result_contract',
  ],
  ['tokenops-failed', 'result_contract', 'result_status', 'ready', 'EVIDENCE result_contract'],
  [
    'tokenops-ready',
    'result_contract',
    'machine_result.next_actions',
    [],
    'OBJECT_FORM result_contract',
  ],
  ['tokenops-ready', 'result_contract', 'human_summary', '', 'OBJECT_FORM result_contract'],
  [
    'tokenops-ready',
    'result_contract',
    'machine_result.result_package.evidence_score',
    1,
    'EVIDENCE result_contract',
  ],
  [
    'tokenops-ready',
    'result_contract',
    'proof_objects.attestation',
    undefined,
    'OBJECT_FORM result_contract',
  ],
  [
    'tokenops-ready',
    'result_contract',
    'proof_objects.attestation',
    'att_x',
    'OBJECT_ID result_contract',
  ],
  [
    'tokenops-ready',
    'result_contract',
    'receipts.usage_receipt',
    'usage_x',
    'OBJECT_MISMATCH result_contract',
  ],
  [
    'tokenops-ready',
    'result_contract',
    'callback.callback_url',
    'https://evil.example',
    'OBJECT_MISMATCH result_contract',
  ],
  [
    'tokenops-ready',
    'result_contract',
    'callback.callback_event_id',
    'cb_x',
    'OBJECT_ID result_contract',
  ],
  ['tokenops-ready', 'result_contract', 'task_token', 'tt_x', 'OBJECT_ID result_contract'],
  ['tokenops-ready', 'result_contract', 'lifecycle_state', 'closed', 'OBJECT_FORM result_contract'],
  [
    'tokenops-ready',
    'result_contract',
    'issued_at',
    '2026-01-06T10:00:00.000Z',
    'OBJECT_TIME usage_receipt',
  ],
  ['tokenops-ready', 'settlement_receipt', 'credits_funded', 2000, 'CREDITS settlement_receipt'],
  ['tokenops-ready', 'settlement_receipt', 'credits_debited', 5, 'CREDITS settlement_receipt'],
  [
    'tokenops-ready',
    'settlement_receipt',
    'agent_account_id',
    'other',
    'OBJECT_ID settlement_receipt',
  ],
  [
    'tokenops-ready',
    'settlement_receipt',
    'settlement_id',
    'stl_x',
    'OBJECT_ID settlement_receipt',
  ],
  ['tokenops-ready', 'usage_receipt', 'credits_debited', 24, 'CREDITS usage_receipt'],
  ['tokenops-ready', 'usage_receipt', 'credits_released', 4, 'CREDITS usage_receipt'],
  ['tokenops-ready', 'usage_receipt', 'credits_released', -5, 'CREDITS usage_receipt'],
  ['tokenops-ready', 'usage_receipt', 'remaining_credits', 979, 'CREDITS usage_receipt'],
  [
    'tokenops-ready',
    'usage_receipt',
    'credit_ledger_entry.credits_funded',
    10,
    'CREDITS usage_receipt',
  ],
  [
    'tokenops-ready',
    'usage_receipt',
    'settlement_reference',
    'stl_x',
    'OBJECT_MISMATCH usage_receipt',
  ],
  ['tokenops-ready', 'usage_receipt', 'result_status', 'partial', 'OBJECT_MISMATCH usage_receipt'],
  [
    'tokenops-ready',
    'callback_delivery',
    'callback_event_id',
    'cb_x',
    'OBJECT_ID callback_delivery',
  ],
  [
    'tokenops-ready',
    'callback_delivery',
    'callback_status',
    'parked',
    'OBJECT_MISMATCH callback_delivery',
  ],
  ['tokenops-ready', 'callback_delivery', 'callback_hash', 'none', 'OBJECT_FORM callback_delivery'],
  ['tokenops-ready', 'callback_delivery', 'attempt', 0, 'OBJECT_MISMATCH callback_delivery'],
  [
    'standard',
    'callback_delivery',
    'callback_status',
    'delivered',
    'OBJECT_MISMATCH callback_delivery',
  ],
  ['tokenops-ready', 'ledger_entry', 'verdict', 'partial', 'VERDICT ledger_entry'],
  [
    'tokenops-ready',
    'ledger_entry',
    'credits',
    { held: 25, debited: 25, released: 0 },
    'CREDITS ledger_entry',
  ],
  [
    'tokenops-ready',
    'ledger_entry',
    'credits',
    { held: 25, debited: 19, released: 5 },
    'CREDITS ledger_entry',
  ],
  ['tokenops-ready', 'ledger_entry', 'objects', [], 'ENTRY ledger_entry'],
  ['tokenops-ready', 'ledger_entry', 'events', [], 'OBJECT_FORM ledger_entry'],
  ['tokenops-ready', 'ledger_entry', 'pilot.runtime_state', 'closed', 'PILOT ledger_entry'],
  ['tokenops-ready', 'ledger_entry', 'task_token', `tt_${'a'.repeat(32)}`, 'ENTRY ledger_entry'],
  [
    'tokenops-ready',
    'ledger_entry',
    'follows',
    { name: 'ledger_entry', digest: 'x', index: 0 },
    'ENTRY ledger_entry',
  ],
  [
    'tokenops-ready',
    'ledger_entry',
    'issued_at',
    '2026-01-05T09:00:00.000Z',
    'OBJECT_TIME ledger_entry',
  ],
  ['revised', 'ledger_entry/1', 'follows.index', 100, 'ENTRY ledger_entry/1'],
  ['revised', 'ledger_entry/2', 'follows.digest', 'sha256:00', 'ENTRY ledger_entry/2'],
  ['revised', 'ledger_entry/1', 'pilot.pilot_id', 'other', 'PILOT ledger_entry/1'],
  [
    'revised',
    'callback_delivery/1',
    'callback_hash',
    `sha256:${'0'.repeat(64)}`,
    'OBJECT_MISMATCH callback_delivery/1',
  ],
  [
    'replayed',
    'result_contract/1',
    'proof_objects.usage_receipt',
    'usage_x',
    'OBJECT_ID result_contract/1',
  ],
  ['replayed', 'execution_command/1', 'hold.credits_held', 24, 'CREDITS execution_command/1'],
  ['replayed', 'ledger_entry/1', 'verdict', 'partial', 'VERDICT ledger_entry/1'],
  ['refused', 'intake_decision', 'decision', 'accepted', 'VERDICT intake_decision'],
  ['refused', 'intake_decision', 'reason_codes', [], 'OBJECT_FORM intake_decision'],
  [
    'refused',
    'intake_decision',
    'work_order_digest',
    'sha256:00',
    'OBJECT_MISMATCH intake_decision',
  ],
  ['expired', 'expiry', 'ends', 'replay', 'VERDICT expiry'],
  ['expired', 'expiry', 'ends', 'nothing', 'OBJECT_FORM expiry'],
  ['expired', 'expiry', 'state', '', 'OBJECT_FORM expiry'],
  ['expired', 'expiry', 'open_since', '2026-01-06T10:00:00.000Z', 'OBJECT_FORM expiry'],
  ['expired', 'expiry', 'work_order_digest', 'sha256:00', 'OBJECT_MISMATCH expiry'],
  ['expired', 'ledger_entry', 'verdict', 'refused', 'VERDICT ledger_entry'],
  ['expired', 'ledger_entry', 'events', [], 'OBJECT_FORM ledger_entry'],
  ['lapsed', 'expiry', 'object_type', 'run', 'OBJECT_FORM expiry'],
  ['released', 'expiry', 'ends', 'replay', 'VERDICT expiry'],
  ['released', 'expiry', 'work_order_digest', 'sha256:00', 'OBJECT_MISMATCH expiry'],
  ['released', 'recovery_request', 'recovery_action', 'close', 'VERDICT recovery_request'],
  ['released', 'ledger_entry', 'verdict', 'expired', 'VERDICT ledger_entry'],
  ['refused', 'ledger_entry', 'verdict', 'ready', 'VERDICT ledger_entry'],
  [
    'refused',
    'ledger_entry',
    'credits',
    { held: 1, debited: 1, released: 0 },
    'CREDITS ledger_entry',
  ],
]

describe('given a lie that all parties signed', () => {
  test.each(LIES)(
    '%#: when the %s %s changes its %s then the answer names the link',
    (kind, name, path, value, expected) => {
      expect(resigned(kind, name, member(path, value))).toContain(expected)
    },
  )
})

test('given a result later than the hold of its order then it does not verify', () => {
  const early = (object: JsonObject) => ({
    ...object,
    issued_at: '2026-01-05T06:00:00.000Z',
    expires_at: '2026-01-05T08:00:00.000Z',
  })
  expect(resigned('tokenops-ready', 'work_order', early)).toEqual(['OBJECT_TIME result_contract'])
})

describe('given a run that an operator released', () => {
  const released = (options: Omit<ExampleOptions, 'kind'>) =>
    codes(makeExampleTrail({ kind: 'released', ...options }))

  test('when an agent signed the release then it does not verify', () => {
    const agent = makeExampleTrail({ kind: 'released' }).signers.agent
    const key: ExampleOptions['key'] = (name, usual) =>
      name === 'recovery_request' && agent ? agent : usual
    expect(released({ key })).toEqual(['KEY_ROLE recovery_request'])
  })

  test('when its end does not name the act then it does not verify', () => {
    const follow: ExampleOptions['follow'] = (name, after) =>
      name === 'expiry' ? after.filter((ref) => ref.name === 'work_order') : after
    expect(released({ follow })).toEqual(['LINK_AFTER expiry'])
  })

  test('when its end stands there without the act, or the act without its end, then it does not verify', () => {
    for (const name of ['recovery_request', 'expiry']) {
      const found = tampered('released', (bundle) => {
        bundle.links = bundle.links.filter((link) => link.name !== name)
        bundle.pilot.proof_trail = bundle.pilot.proof_trail.filter((one) => one !== name)
      })
      expect(found).not.toEqual([])
    }
  })

  test('when it is dressed as one whose time was over then it does not verify', () => {
    const found = tampered('released', ({ pilot }) => (pilot.runtime_state = 'expired'))
    expect(found).toContain('PILOT')
  })
})

describe('given keys that do not count', () => {
  const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })
  const second = (time: string) => Date.parse(time) / 1000
  const withKey = (role: string, change: Partial<TrailKey>) => ({
    bundle,
    keys: {
      keys: keys.keys.map((key) =>
        key.roles.some((one) => one === role) ? { ...key, ...change } : key,
      ),
    },
  })

  test.each([
    ['agent', { exp: second('2026-01-05T10:00:00.000Z') }, 'KEY_EXPIRED work_order'],
    ['agent', { nbf: second('2026-01-05T10:00:01.000Z') }, 'KEY_NOT_YET_VALID work_order'],
    ['agent', { party: 'other' }, 'KEY_PARTY work_order'],
    ['executor', { party: 'energyops' }, 'KEY_PARTY result_contract'],
    ['dispatch', { roles: ['receipt'] }, 'KEY_ROLE execution_command'],
    ['agent', { revoked_at: second('2026-01-05T10:00:00.000Z') }, 'KEY_REVOKED work_order'],
    ['executor', { revoked_at: second('2026-01-05T10:00:00.000Z') }, 'KEY_REVOKED result_contract'],
    ['log', { revoked_at: second('2026-01-05T10:00:00.000Z') }, 'LOG_CHECKPOINT'],
    ['receipt', { revoked_at_log_size: 3 }, 'KEY_REVOKED usage_receipt'],
    ['attestation', { revoked_at_log_size: 0 }, 'KEY_REVOKED attestation'],
    ['log', { revoked_at_log_size: 5 }, 'LOG_CHECKPOINT'],
    ['log', { party: 'log.example.com/other' }, 'LOG_CHECKPOINT'],
    ['log', { exp: second('2026-01-05T10:00:00.000Z') }, 'LOG_CHECKPOINT'],
  ] as const)('when the %s key has %j then the answer is %s', (role, change, expected) => {
    expect(
      codes(withKey(role, { ...change, ...('roles' in change && { roles: [...change.roles] }) })),
    ).toContain(expected)
  })

  test('when a key was revoked after the entry was logged then its signature still counts', () => {
    expect(codes(withKey('receipt', { revoked_at_log_size: bundle.log.index + 1 }))).toEqual([])
  })

  test('when a key was revoked after it signed then what it signed still counts', () => {
    const later = { revoked_at: second('2026-01-06T10:00:00.000Z') }
    for (const role of ['agent', 'executor', 'log']) expect(codes(withKey(role, later))).toEqual([])
  })

  test('when the key set is none, or holds a key twice, then nothing is verified', () => {
    for (const none of [
      undefined,
      null,
      '',
      '{',
      {},
      { keys: 1 },
      { keys: [...keys.keys, ...keys.keys] },
    ]) {
      expect(codes({ bundle, keys: none })).toEqual(['KEY_SET'])
    }
  })
})

describe('given a bundle put together from others', () => {
  const ready = makeExampleTrail({ kind: 'tokenops-ready' })

  test('when another leaf is proven then it is not included', () => {
    expect(tampered('tokenops-ready', (bundle) => (bundle.log.index = 2))).toEqual([
      'LOG_INCLUSION',
    ])
    expect(tampered('tokenops-ready', (bundle) => bundle.log.proof.pop())).toEqual([
      'LOG_INCLUSION',
    ])
  })

  test('when the checkpoint is forked, by a stranger or without the entry, then it does not verify', () => {
    const size = 11
    const fork = (key: ReturnType<typeof exampleKey>) =>
      signCheckpoint({ origin: EXAMPLE_ORIGIN, size, root: new Uint8Array(32) }, key)
    const { log } = ready.signers
    if (log === undefined) throw new Error('no log key')
    const put = (note: string) =>
      tampered('tokenops-ready', (bundle) => (bundle.log.checkpoint = note))
    expect(put(fork(exampleKey(EXAMPLE_ORIGIN, ['log'], 'thief')))).toEqual(['LOG_CHECKPOINT'])
    expect(put(fork(log))).toEqual(['LOG_INCLUSION'])
    expect(put('')).toEqual(['BUNDLE_FORM'])
    expect(put('log\n')).toEqual(['LOG_CHECKPOINT'])
  })

  test('when a refused trail is dressed as ready, or a ready one as refused, then it does not verify', () => {
    expect(tampered('refused', (bundle) => (bundle.pilot = ready.bundle.pilot))).not.toEqual([])
    expect(
      tampered('refused', (bundle) => (bundle.pilot.runtime_state = 'ready_for_operator_review')),
    ).not.toEqual([])
    const refused = makeExampleTrail({ kind: 'refused' }).bundle
    expect(tampered('tokenops-ready', (bundle) => (bundle.pilot = refused.pilot))).not.toEqual([])
    const expired = makeExampleTrail({ kind: 'expired' }).bundle
    expect(tampered('refused', (bundle) => (bundle.pilot = expired.pilot))).not.toEqual([])
    expect(tampered('expired', (bundle) => (bundle.pilot = ready.bundle.pilot))).not.toEqual([])
  })

  test('when links of one trail stand in another then it does not verify', () => {
    const partial = makeExampleTrail({ kind: 'tokenops-partial' }).bundle
    partial.links.forEach((link, i) => {
      if (link.digest === ready.bundle.links[i]?.digest) return
      expect(tampered('tokenops-ready', ({ links }) => links.splice(i, 1, link))).not.toEqual([])
    })
  })

  test('when an object is edited and its digest made to fit then it is named beside what followed it', () => {
    const edited = tampered('tokenops-ready', ({ links }) => {
      const link = links.find(({ name }) => name === 'execution_command')
      if (link === undefined) throw new Error('no command')
      const { payload, signatures } = link.envelope
      const { predicate } = JSON.parse(atob(payload))
      const object = { ...predicate.object, hold: { ...predicate.object.hold, credits_held: 1 } }
      const signature = { key_id: signatures[0].keyid, signature: signatures[0].sig }
      const forged = { object, after: predicate.after, ...signature }
      link.envelope = Link.fromWire('execution_command', forged).envelope
      link.digest = digestOf(object)
    })
    expect(edited).toContain('LINK_SIGNATURE execution_command')
    expect(edited).toContain('LINK_AFTER result_contract')
  })

  test('when revisions are cut off then the proof no longer fits', () => {
    expect(tampered('revised', ({ links }) => links.splice(-3))).not.toEqual([])
  })

  test('when the input is hostile then the answer is a verdict', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const hostile = [
      undefined,
      null,
      1,
      '',
      '{',
      '[]',
      deep,
      '{"a":1,"a":1}',
      '{"__proto__":{}}',
      new Uint8Array([255]),
      [],
      () => 1,
    ]
    for (const bundle of hostile) {
      const verdict = verifyTrail(bundle, ready.keys)
      expect(verdict.ok).toBe(false)
      expect(verdict.problems).not.toEqual([])
    }
  })
})

describe('whoever watches', () => {
  const watch = (bundle: unknown, keys: unknown) => {
    const steps: [string, boolean][] = []
    verifyTrail(bundle, keys, undefined, (step, isClean) => steps.push([step, isClean]))
    return steps
  }
  const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })

  test('is told each part as it is done', () => {
    const parts = ['keys', 'form', 'digests', 'chain', 'signatures', 'objects', 'seal', 'log']
    expect(watch(bundle, keys)).toEqual(parts.map((part) => [part, true]))
  })

  test('is told where something was found, and not of what was never reached', () => {
    const copy: Bundle = JSON.parse(text(bundle))
    const [first] = copy.links
    if (first) first.envelope.payload = `AAAA${first.envelope.payload.slice(4)}`
    expect(watch(copy, keys)).toEqual([
      ['keys', true],
      ['form', true],
      ['digests', false],
    ])
  })
})
