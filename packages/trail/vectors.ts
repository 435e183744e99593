/** Writes test/vectors: what any implementation, in any language, has to agree with. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LIARS, type Lie, lies } from '@prooftrail/testing/lies'
import {
  EXAMPLE_KINDS,
  type ExampleKind,
  exampleKey,
  exampleTrailKey,
  growTree,
  makeExampleTrail,
} from '@prooftrail/testing/trail'
import {
  canonicalBytes,
  canonicalize,
  digestOf,
  PAYLOAD_TYPE,
  parseEnvelope,
  preAuthEncoding,
  recordBytes,
  signRecord,
} from './src/encoding.ts'
import { HANDLE_VERSION, ID_PREFIXES, type IdPrefix } from './src/ids.ts'
import {
  deriveId,
  Link,
  type LinkName,
  publicJwk,
  type SigningKey,
  settlementId,
  taskToken,
  ticketId,
  verifyTrail,
  workOrderId,
} from './src/index.ts'
import {
  consistencyProof,
  cosign,
  cosignerVkey,
  inclusionProof,
  KEY_LIST_FORMAT,
  type KeyList,
  type KeyListBody,
  keyListDigest,
  keyListFault,
  leafHash,
  parseKeyList,
  parseNote,
  rootAt,
  signCheckpoint,
  signKeyList,
  tilePath,
  tilesForSize,
  vkeyOf,
  withSignatures,
} from './src/log.ts'

const folder = fileURLToPath(new URL('../../test/vectors/', import.meta.url))
const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))

/** All vector files by name, as JSON values. */
export function makeVectors(): Record<string, unknown> {
  return {
    'canonical.json': canonicalVectors(),
    'ids.json': idVectors(),
    'links.json': linkVectors(),
    'records.json': recordVectors(),
    'log.json': logVectors(),
    'policies.json': policyVectors(),
    'key-lists.json': keyListVectors(),
    ...Object.fromEntries(EXAMPLE_KINDS.map((kind) => [`trails/${kind}.json`, trailVector(kind)])),
    'tampered.json': TAMPERED.map(tamperedVector),
    'lies.json': [...LIES.map(lieVector), ...toldVectors()],
  }
}

function canonicalVectors() {
  const texts = [
    '{"b":2,"a":1}',
    '{ "numbers" : [1E10, 4.50, 2e-3, -0, 1.0, 9007199254740991] }',
    '{"\\u20ac":"\\u000f\\n\\u0042\\"\\\\\\/","\\ud83d\\ude00":1,"\\ufb33":2,"":[]}',
    '[true,false,"gr\\u00fc\\u00dfe",{"nested":{"z":[],"a":{}}}]',
  ]
  return {
    accepted: texts.map((json) => {
      const value: unknown = JSON.parse(json)
      const bytes = hex(canonicalBytes(value))
      return { json, canonical: canonicalize(value), bytes, digest: digestOf(value) }
    }),
    refused: [
      { json: '{"a":1,"a":1}', code: 'JSON_DUPLICATE_KEY' },
      { json: '{"a":1,"\\u0061":2}', code: 'JSON_DUPLICATE_KEY' },
      { json: '{"a":null}', code: 'JSON_NULL' },
      { json: '9007199254740992', code: 'JSON_NUMBER' },
      { json: '1e400', code: 'JSON_NUMBER' },
      { json: '"\\ud800"', code: 'JSON_SURROGATE' },
      { json: '{"__proto__":1}', code: 'JSON_FORBIDDEN_KEY' },
      { json: '{"a":1,}', code: 'JSON_SYNTAX' },
      { json: '['.repeat(65) + ']'.repeat(65), code: 'JSON_DEPTH' },
    ],
  }
}

function idVectors() {
  const work_order_id = workOrderId('agent-example', 'example-0001')
  const numbers = [0, 1, 12]
  return {
    work_orders: [
      ['agent-example', 'example-0001'],
      ['grüße/€', '"quoted"\\'],
    ].map(([agent_id = '', idempotency_key = '']) => ({
      agent_id,
      idempotency_key,
      id: workOrderId(agent_id, idempotency_key),
    })),
    derived: inFileOrder(ID_PREFIXES).flatMap((prefix) =>
      numbers.map((n) => ({ work_order_id, prefix, n, id: deriveId(prefix, work_order_id, n) })),
    ),
    tickets: numbers.map((n) => {
      const exception_type = 'evidence_gap'
      return { work_order_id, exception_type, n, id: ticketId(work_order_id, exception_type, n) }
    }),
    settlements: numbers.map((n) => {
      const [account, reference] = ['account-example', 'payment-0001']
      return { account, reference, n, id: settlementId(account, reference, n) }
    }),
    task_tokens: [
      {
        secret_hex: '00'.repeat(32),
        work_order_id,
        version: HANDLE_VERSION,
        token: taskToken(new Uint8Array(32), work_order_id),
      },
    ],
  }
}

function linkVectors() {
  const key = exampleKey('agent-example', ['agent'])
  const object = { object_type: 'work_order', note: 'grüße 😀', n: 1.5 }
  const first = { name: 'work_order', digest: digestOf(object) }
  const cases = [
    { kind: 'work_order', object, after: [] },
    { kind: 'execution_command', object: { attempt: 1 }, after: [first] },
  ] as const
  return {
    private_jwk: key.privateKey,
    key_id: key.key_id,
    links: cases.map(({ kind, object: of, after }) => {
      const link = Link.sign<LinkName, unknown>(kind, of, after, key)
      const { envelope } = link
      const { payload } = parseEnvelope(envelope)
      return {
        kind,
        ...{ object: of, after, key_id: link.key_id, signature: link.signature },
        digest: digestOf(of),
        statement: new TextDecoder().decode(payload),
        statement_digest: link.statementDigest,
        pae_hex: hex(preAuthEncoding(PAYLOAD_TYPE, payload)),
        envelope,
      }
    }),
  }
}

/** Records that are signed whole: a heartbeat, an announcement with its next key, an agent's proof. */
function recordVectors() {
  const key = exampleKey('tokenops', ['executor'])
  const next = exampleKey('tokenops-next', ['executor'])
  const public_key = ({ key_id: kid, privateKey: { x } }: SigningKey) => ({ kid, x })
  const beat = {
    work_order_id: workOrderId('agent-example', 'example-0001'),
    tool: 'tokenops',
    tool_command_id: deriveId('cmd', workOrderId('agent-example', 'example-0001'), 0),
    ...{ attempt: 1, sequence: 2, state: 'running', note: 'grüße', percent: 50 },
    ...{ at: '2026-01-05T10:00:02.000Z', key_id: key.key_id },
  }
  const announced = {
    ...{ tool: 'tokenops', version: '1.0.0', manifest: { tool: 'tokenops', n: 1.5 } },
    ...{ key: public_key(key), next_key: public_key(next), announced_at: beat.at },
  }
  const shown = { ...announced, next_signature: signRecord(announced, next.privateKey).signature }
  const agent_id = 'agent-example'
  const agent = exampleKey(agent_id, ['agent'])
  const proof = { purpose: 'prooftrail-agent-key/v1', agent_id, kid: agent.key_id }
  const console = exampleKey('console', ['operator'])
  const forgotten = {
    ...{ work_order_id: beat.work_order_id, agent_id, decided_by: 'ops@example.com' },
    ...{ reason: 'ihr Wunsch, grüße', decided_at: beat.at, key_id: console.key_id },
  }
  const record = (what: string, by: SigningKey, said: object) => ({
    what,
    private_jwk: by.privateKey,
    record: said,
    bytes: hex(recordBytes(said)),
    signature: signRecord(said, by.privateKey).signature,
  })
  return [
    record('a heartbeat', key, beat),
    record('next_signature of an announcement', next, announced),
    record('signature of that announcement', key, shown),
    record('the proof that an agent holds a key', agent, proof),
    record('that a run is forgotten', console, forgotten),
  ]
}

function logVectors() {
  const origin = 'log.example.com/prooftrail'
  const key = exampleKey(origin, ['log'])
  const leaves = Array.from({ length: 300 }, (_, i) => `leaf ${i}`)
  const { get } = growTree(leaves.map((leaf) => new TextEncoder().encode(leaf)))
  const sizes = [1, 2, 3, 7, 8, 255, 256, 257, 300]
  return {
    origin,
    public_jwk: { kty: 'OKP', crv: 'Ed25519', x: key.privateKey.x },
    vkey: vkeyOf(origin, key.privateKey),
    leaves: 'leaf <i>, i from 0',
    leaf_hashes: leaves.slice(0, 3).map((leaf) => base64(leafHash(new TextEncoder().encode(leaf)))),
    checkpoints: sizes.map((size) => {
      const root = rootAt(size, get)
      return {
        size,
        root: base64(root),
        note: signCheckpoint({ origin, size, root }, key),
        tiles: tilesForSize(size).map(tilePath),
      }
    }),
    inclusion: sizes.flatMap((size) =>
      [0, size >> 1, size - 1].map((index) => ({
        index,
        size,
        proof: inclusionProof(index, size, get).map(base64),
      })),
    ),
    consistency: sizes.map((from) => ({
      from,
      size: 300,
      proof: consistencyProof(from, 300, get).map(base64),
    })),
    tile_paths: [0, 5, 1000, 1234067].map((index) => ({
      level: 0,
      index,
      full: tilePath({ level: 0, index, width: 256 }),
      partial: tilePath({ level: 'entries', index, width: 17 }),
    })),
  }
}

/** The seconds at which each of three witnesses cosigned, and what a policy makes of it. */
const POLICIES: { what: string; times: readonly (number | undefined)[]; policy: PolicyChange }[] = [
  { what: 'two of three', times: [9, undefined, 5], policy: {} },
  { what: 'one of two', times: [undefined, 1], policy: {} },
  { what: 'none of none', times: [], policy: { at_least: 0 } },
  { what: 'before what it covers', times: [-301, 1], policy: {} },
  { what: 'until a second later', times: [9, 9], policy: { until: 10 } },
  { what: 'in the second of until', times: [10, 9], policy: { until: 10 } },
  { what: 'a log key that ended before', times: [9, 9], policy: { log_until: -1 } },
  { what: 'a log key that ends later', times: [9, 9], policy: { log_until: 10 } },
  { what: 'a log key that had ended when it was seen', times: [9, 10], policy: { log_until: 10 } },
  { what: 'more than there are', times: [9, 9, 9], policy: { at_least: 4 } },
]

interface PolicyChange {
  at_least?: number
  /** Seconds after the newest entry. */
  until?: number
  log_until?: number
}

function policyVectors() {
  const of: ExampleKind = 'tokenops-ready'
  const { bundle, keys } = makeExampleTrail({ kind: of })
  const { origin, checkpoint } = bundle.log
  const issued = verifyTrail(bundle, keys).links.at(-1)?.issued_at ?? ''
  const after = (seconds: number) => Math.floor(Date.parse(issued) / 1000) + seconds
  const timeAt = (seconds: number) => new Date(after(seconds) * 1000).toISOString()
  const witnesses = ['w1', 'w2', 'w3'].map((name) => ({
    name: `witness.example/${name}`,
    key: exampleKey(name, ['log']),
  }))
  const logKey = exampleKey(origin, ['log'])
  return {
    of,
    log_vkey: vkeyOf(origin, logKey.privateKey),
    cases: POLICIES.map(({ what, times, policy: { at_least = 2, until, log_until } }) => {
      const { text } = parseNote(checkpoint)
      const lines = times.flatMap((time, i) => {
        const witness = witnesses[i]
        if (time === undefined || witness === undefined) return []
        return [cosign(text, witness.name, witness.key, after(time))]
      })
      const note = withSignatures(checkpoint, lines)
      const logs = [{ vkey: vkeyOf(origin, logKey.privateKey), until: timeAt(log_until ?? 0) }]
      const policy = {
        format: 'prooftrail-policy/v1',
        ...(log_until === undefined ? {} : { logs }),
        witnesses: witnesses.map(({ name, key }) => ({
          vkey: cosignerVkey(name, key.privateKey),
          ...(until === undefined ? {} : { until: timeAt(until) }),
        })),
        at_least,
      }
      const changed = { ...bundle, log: { ...bundle.log, checkpoint: note } }
      const answer = verifyTrail(changed, keys, policy)
      const problems = answer.problems.map(({ code }) => code)
      return { what, policy, checkpoint: note, problems, missing: answer.policy?.missing }
    }),
  }
}

/** A chain of signed key lists, and lists that do not follow its first one. */
function keyListVectors() {
  const origin = 'log.example.com/prooftrail'
  const admin = (n: number) => exampleKey(`admin ${n}`, ['operator'])
  const adminsOf = (threshold: number, ...numbers: number[]) => ({
    threshold,
    keys: numbers.map((n) => publicJwk(admin(n).privateKey)),
  })
  const log = exampleTrailKey(exampleKey(origin, ['log']))
  const intake = exampleTrailKey(exampleKey('intake', ['intake']), { exp: 2_000_000_000 })
  const sign = (body: KeyListBody, ...numbers: number[]): KeyList => ({
    ...body,
    signatures: numbers.map((n) => signKeyList(body, admin(n))),
  })
  const first: KeyListBody = {
    ...{ format: KEY_LIST_FORMAT, origin, version: 1, issued_at: '2026-11-01T00:00:00.000Z' },
    ...{ admins: adminsOf(2, 1, 2, 3), keys: [log, intake] },
  }
  const one = sign(first, 1, 2)
  const body = (changes: Partial<KeyListBody>): KeyListBody => ({
    ...first,
    ...{ version: 2, previous: keyListDigest(first), issued_at: '2026-11-02T00:00:00.000Z' },
    ...changes,
  })
  const next = exampleTrailKey(exampleKey(origin, ['log'], 'next log'))
  const rotated = { keys: [{ ...log, exp: 1_900_000_000 }, next, intake] }
  const cases: [string, KeyList][] = [
    ['a rotated log key', sign(body(rotated), 1, 3)],
    ['other admins, whom both sign', sign(body({ admins: adminsOf(1, 4) }), 1, 2, 4)],
    ['a key that ends sooner', sign(body({ keys: [log, { ...intake, exp: 1 }] }), 1, 2)],
    ['a revoked key', sign(body({ keys: [log, { ...intake, revoked_at: 9 }] }), 1, 2)],
    ['one signature', sign(body(rotated), 1)],
    ['one admin, twice', sign(body(rotated), 1, 1)],
    ['other admins alone', sign(body({ admins: adminsOf(1, 4) }), 4)],
    ['without its own admins', sign(body({ admins: adminsOf(1, 4) }), 1, 2)],
    ['signatures of another list', { ...body(rotated), signatures: one.signatures }],
    ['a lost key', sign(body({ keys: [log] }), 1, 2)],
    [
      'a key that lasts longer',
      sign(body({ keys: [log, { ...intake, exp: 2_000_000_001 }] }), 1, 2),
    ],
    ['a key of another party', sign(body({ keys: [log, { ...intake, party: 'x' }] }), 1, 2)],
    ['version 3', sign(body({ version: 3 }), 1, 2)],
    ['another list before', sign(body({ previous: keyListDigest(body({})) }), 1, 2)],
    ['an earlier time', sign(body({ issued_at: '2026-10-31T00:00:00.000Z' }), 1, 2)],
    ['another log', sign(body({ origin: 'log.example.com/else' }), 1, 2)],
    ['a threshold of none', { ...one, admins: adminsOf(0, 1) }],
  ]
  return {
    first: one,
    digest: keyListDigest(first),
    cases: cases.map(([what, list]) => ({ what, follows: follows(list, one), list })),
  }
}

function follows(list: KeyList, before: KeyList): boolean {
  try {
    return keyListFault(parseKeyList(JSON.parse(JSON.stringify(list))), before) === undefined
  } catch {
    return false
  }
}

function trailVector(kind: ExampleKind) {
  const { bundle, keys } = makeExampleTrail({ kind })
  const { ok, verdict, revision, checkpoint } = verifyTrail(bundle, keys)
  return { expected: { ok, verdict, revision, checkpoint }, keys, bundle }
}

/** Prefixes in the order in which they came into the file; one that is new stands last. */
function inFileOrder(prefixes: readonly IdPrefix[]): IdPrefix[] {
  const place = (prefix: string) => {
    const at = 'cmd rc usage cb le att dec run eb rec ec rr recon'.split(' ').indexOf(prefix)
    return at === -1 ? Number.POSITIVE_INFINITY : at
  }
  return [...prefixes].sort((a, b) => Math.sign(place(a) - place(b)) || 0)
}

/** A change of one value of a valid trail's file, by JSON Pointer (RFC 6901). */
interface Tampering {
  of: ExampleKind
  pointer: string
  /** Absent: the value is removed. */
  value?: unknown
}

const otherLink = (kind: ExampleKind, i: number) => makeExampleTrail({ kind }).bundle.links[i]

const TAMPERED: Tampering[] = [
  { of: 'tokenops-ready', pointer: '/format', value: 'prooftrail-bundle/v2' },
  { of: 'tokenops-ready', pointer: '/extra', value: true },
  { of: 'tokenops-ready', pointer: '/log/extra', value: true },
  { of: 'tokenops-ready', pointer: '/pilot/tool', value: 'energyops' },
  { of: 'tokenops-ready', pointer: '/pilot/runtime_state', value: 'closed' },
  { of: 'tokenops-ready', pointer: '/work_order_id', value: 'wo_x' },
  { of: 'tokenops-ready', pointer: '/links/4' },
  { of: 'tokenops-ready', pointer: '/links/2', value: otherLink('tokenops-partial', 2) },
  { of: 'tokenops-ready', pointer: '/links/1/digest', value: `sha256:${'0'.repeat(64)}` },
  {
    of: 'tokenops-ready',
    pointer: '/links/1/envelope/signatures/0/sig',
    value: `${'A'.repeat(86)}==`,
  },
  { of: 'tokenops-ready', pointer: '/links/1/envelope/signatures/0/keyid', value: 'unknown' },
  { of: 'tokenops-ready', pointer: '/links/1/envelope/payloadType', value: 'text/plain' },
  { of: 'tokenops-ready', pointer: '/log/index', value: 4 },
  { of: 'tokenops-ready', pointer: '/log/proof/0', value: base64(new Uint8Array(32)) },
  { of: 'tokenops-ready', pointer: '/log/origin', value: 'log.example.com/other' },
  { of: 'refused', pointer: '/pilot/runtime_state', value: 'ready_for_operator_review' },
  {
    of: 'refused',
    pointer: '/pilot',
    value: makeExampleTrail({ kind: 'tokenops-ready' }).bundle.pilot,
  },
  { of: 'revised', pointer: '/links/9' },
]

function tamperedVector({ of, pointer, ...change }: Tampering) {
  const { bundle, keys } = makeExampleTrail({ kind: of })
  const tampered = applyChange(bundle, pointer, change)
  return { of, pointer, ...change, problems: problemsOf(tampered, keys) }
}

/** The bundle with the value at the pointer replaced, added or removed. */
export function applyChange(
  bundle: unknown,
  pointer: string,
  change: { value?: unknown },
): unknown {
  const copy: unknown = structuredClone(bundle)
  const steps = pointer.split('/').slice(1)
  const last = steps.pop() ?? ''
  let at: unknown = copy
  for (const step of steps) at = Reflect.get(Object(at), step)
  if ('value' in change) Reflect.set(Object(at), last, change.value)
  else if (Array.isArray(at)) at.splice(Number(last), 1)
  else Reflect.deleteProperty(Object(at), last)
  return copy
}

/** What all parties sign although it is not so; everything behind it is made to fit. */
const LIES: { of: ExampleKind; link: string; member: string; value: unknown }[] = [
  { of: 'tokenops-ready', link: 'usage_receipt', member: 'credits_debited', value: 24 },
  { of: 'tokenops-ready', link: 'settlement_receipt', member: 'credits_debited', value: 5 },
  { of: 'tokenops-partial', link: 'result_contract', member: 'result_status', value: 'ready' },
  { of: 'tokenops-ready', link: 'ledger_entry', member: 'verdict', value: 'partial' },
  { of: 'tokenops-ready', link: 'execution_command', member: 'work_order_id', value: 'wo_x' },
  { of: 'refused', link: 'ledger_entry', member: 'verdict', value: 'ready' },
]

function lieVector({ of, link, member, value }: (typeof LIES)[number]) {
  const { bundle, keys } = makeExampleTrail({
    kind: of,
    edit: (name, object) => (name === link ? { ...object, [member]: value } : object),
  })
  return { of, link, member, value, problems: problemsOf(bundle, keys), keys, bundle }
}

/** Groups of the generator whose lies only rules between objects find; one of each is a vector. */
const TOLD = [
  ...['boundMember', 'misspelledTime', 'mistypedMember', 'removedMember', 'anotherId', 'plantedId'],
  ...['anotherOrder', 'beforeWhatItFollows', 'wrongSide', 'falseAmounts', 'falseSettlement'],
  ...['falseCallback', 'falseConclusion', 'falseTickets', 'falseRefusal', 'falseEntry'],
  ...['falseRecord', 'falseSeal', 'falseHeader', 'falseOrder', 'falseFollowing', 'missedFollowing'],
  ...['falseStatement', 'forbiddenJson', 'falseLeaf', 'falseSigner', 'falseValidity'],
]
const TOLD_SEED = 20_260_105

function toldVectors() {
  const size = ({ bundle }: Lie) => JSON.stringify(bundle).length
  const drawn = [...lies(Object.keys(LIARS).length * 6, TOLD_SEED)]
  return TOLD.flatMap((group) => {
    const [lie] = drawn.filter((one) => one.group === group).sort((a, b) => size(a) - size(b))
    if (lie === undefined) return []
    const { of, what, keys, bundle } = lie
    return [{ of, group, what, problems: problemsOf(bundle, keys), keys, bundle }]
  })
}

function problemsOf(bundle: unknown, keys: unknown) {
  return verifyTrail(bundle, keys).problems.map(({ code, link }) => ({
    code,
    ...(link && { link }),
  }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(`${folder}trails`, { recursive: true })
  for (const [name, value] of Object.entries(makeVectors())) {
    writeFileSync(folder + name, `${JSON.stringify(value, undefined, 2)}\n`)
  }
  execFileSync('npx', ['biome', 'format', '--write', folder], { stdio: 'inherit' })
}
