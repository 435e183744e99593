/** Complete trails with fixed keys, ids and times: for tests, vectors and documentation. */

import {
  type Bundle,
  type KeySet,
  Link,
  type LinkName,
  makeBundle,
  type NamedLink,
  type Pilot,
  type Ref,
  Seal,
  type SigningKey,
  sealStatement,
  type VerifiedLinks,
  type WireLink,
} from '@prooftrail/trail'
import {
  ENDED_TRAILS,
  type Ending,
  kindOf,
  linkNameOf,
  type SealedContract,
  type SealedEntry,
} from '@prooftrail/trail/format'
import {
  entryLeaf,
  inclusionProof,
  leafHash,
  MerkleTree,
  signCheckpoint,
} from '@prooftrail/trail/log'
import type { JsonObject } from '../plain.ts'
import { encodeUtf8 } from '../plain.ts'
import { exampleKey, exampleTrailKey } from './keys.ts'
import * as objects from './objects.ts'
import { AGENT, type ExamplePlan, exampleId, timeAt, WORK_ORDER_ID } from './objects.ts'

export { exampleKey, exampleKeyPair, exampleTrailKey } from './keys.ts'

export const EXAMPLE_ORIGIN = 'log.example.com/prooftrail'

const ENDING = ['usage_receipt', 'callback_delivery', 'ledger_entry', 'attestation'] as const
const pilot = { mode: 'controlled_pilot', callback: true } as const
const tokenops = {
  ...pilot,
  tool: 'tokenops',
  capability: 'settlement_evidence_review',
  trail: ['work_order', 'execution_command', 'result_contract', 'settlement_receipt', ...ENDING],
} as const
const energyops = {
  ...pilot,
  tool: 'energyops',
  capability: 'interconnection_readiness_check',
  trail: [
    ...['work_order', 'execution_command', 'evidence_checklist', 'readiness_result'],
    ...['result_contract', ...ENDING],
  ],
} as const
const financeops = {
  ...pilot,
  tool: 'financeops',
  capability: 'reconciliation_check',
  trail: ['work_order', 'execution_command', 'reconciliation_result', 'result_contract', ...ENDING],
} as const

const PLANS = {
  'tokenops-ready': { ...tokenops, outcome: 'ready' },
  'tokenops-partial': { ...tokenops, outcome: 'partial' },
  'tokenops-failed': { ...tokenops, outcome: 'failed' },
  'energyops-ready': { ...energyops, outcome: 'ready' },
  'financeops-ready': { ...financeops, outcome: 'ready' },
  /** A standard order without a callback. */
  standard: { ...tokenops, outcome: 'ready', mode: 'standard', callback: false },
  /** First attempt of the callback fails, then it is delivered, then the run is closed. */
  revised: { ...tokenops, outcome: 'ready' },
  /** The agent asks for a replay, which makes a second result. */
  replayed: { ...energyops, outcome: 'partial' },
  /** A partial run that nobody handled in time. */
  lapsed: { ...financeops, outcome: 'partial' },
  refused: { ...tokenops, outcome: 'ready', trail: ENDED_TRAILS.refused },
  /** An order that no result came of in time. */
  expired: { ...energyops, outcome: 'ready', trail: ENDED_TRAILS.expired },
  /** An order whose credits an operator released before a result came. */
  released: { ...financeops, outcome: 'ready', trail: ENDED_TRAILS.released },
} as const satisfies Record<string, ExamplePlan>

type Maker = ReturnType<typeof kindOf>['maker']

export type ExampleKind = keyof typeof PLANS

/** All kinds of example. */
// Object.keys forgets the key type of a closed literal
export const EXAMPLE_KINDS = Object.keys(PLANS) as readonly ExampleKind[]

export interface ExampleOptions {
  kind: ExampleKind
  /** Changes an object before it is signed; everything behind it is made from what it returns. */
  edit?: (name: string, object: JsonObject) => JsonObject
  /** Changes what a link follows. */
  follow?: (name: string, after: readonly Ref[]) => readonly Ref[]
  /** Chooses another key to sign with. */
  key?: (name: string, usual: SigningKey) => SigningKey
}

export interface ExampleTrail {
  bundle: Bundle
  keys: KeySet
  /** The links and seals that the bundle was made of. */
  links: NamedLink[]
  /** Everybody's private keys, by role. */
  signers: Record<string, SigningKey>
  /** All leaves of the log, those of others too. */
  leaves: readonly Uint8Array[]
}

/** The fixed signing keys of an example's parties; the executor's is the tool's. */
export function exampleSigners(tool: string): Record<string, SigningKey> {
  return {
    agent: exampleKey(AGENT, ['agent']),
    intake: exampleKey('intake', ['intake']),
    dispatch: exampleKey('dispatch', ['dispatch']),
    executor: exampleKey(tool, ['executor']),
    receipt: exampleKey('receipt', ['receipt']),
    callback: exampleKey('callback', ['callback']),
    attestation: exampleKey('attestation', ['attestation']),
    operator: exampleKey('operator-example', ['operator']),
    log: exampleKey(EXAMPLE_ORIGIN, ['log']),
  }
}

/** A valid bundle of the kind, with the keys to verify it; the same bytes at every call. */
export function makeExampleTrail({ kind, edit, follow, key }: ExampleOptions): ExampleTrail {
  const plan: ExamplePlan = PLANS[kind]
  const signers = exampleSigners(plan.tool)
  const trail = new TrailWriter(
    signers,
    edit ?? ((_, object) => object),
    follow ?? ((_, after) => after),
    key ?? ((_, usual) => usual),
  )
  write(kind, plan, trail)
  const nbf = Math.floor(Date.parse(timeAt(-172_800)) / 1000)
  const keys = Object.values(signers).map((signer) => exampleTrailKey(signer, { nbf }))
  const bundle = trail.bundle()
  return { bundle, keys: { keys }, links: trail.links, signers, leaves: trail.leaves }
}

function write(kind: ExampleKind, plan: ExamplePlan, trail: TrailWriter): void {
  const order = trail.add('work_order', objects.workOrder(plan), [])
  if (isOneOfEnded(kind)) {
    end(kind, trail, order)
    const { tool, mode: execution_mode, trail: proof_trail } = plan
    const header = { tool, execution_mode, runtime_state: kind, proof_trail: [...proof_trail] }
    trail.close(header, kind === 'refused' ? 2 : 3)
    return
  }
  addResult(plan, trail, order, 0, 2, kind === 'revised' ? 'pending' : 'delivered')
  const state = plan.mode === 'standard' ? 'closed' : 'ready_for_operator_review'
  trail.close(objects.pilotOf(plan, state), 10)
  if (kind === 'revised') {
    const contract = trail.ref('result_contract')
    trail.add('callback_delivery', objects.delivery(plan, 0, 20, 'delivered', 2), [contract])
    trail.close(objects.pilotOf(plan, 'ready_for_operator_review'), 21)
    trail.add('operator_decision', objects.laterFact('operator_decision', plan, 30), [contract])
    trail.close(objects.pilotOf(plan, 'closed'), 31)
  }
  if (kind === 'lapsed') {
    trail.add('expiry', objects.expiry('partial', 20), [trail.ref('result_contract')])
    trail.close(objects.pilotOf(plan, 'closed'), 21)
  }
  if (kind === 'replayed') {
    const asked = trail.add('recovery_request', objects.laterFact('recovery_request', plan, 20), [
      order,
    ])
    addResult({ ...plan, outcome: 'ready' }, trail, asked, 1, 21, 'delivered')
    trail.close(objects.pilotOf(plan, 'ready_for_operator_review'), 30)
  }
}

/** Whether the kind is a trail of an order that ended without a result, which its name says. */
function isOneOfEnded(kind: ExampleKind): kind is Ending {
  return Object.hasOwn(ENDED_TRAILS, kind)
}

/** What ended an order without a result. */
function end(kind: Ending, trail: TrailWriter, order: Ref): void {
  const of = trail.object('work_order')
  switch (kind) {
    case 'refused':
      trail.add('intake_decision', objects.decision(of), [order])
      return
    case 'expired':
      trail.add('expiry', objects.expiry('stalled', 2, of), [order])
      return
    case 'released': {
      const act = trail.add('recovery_request', objects.release(1), [order], 'operator')
      trail.add('expiry', objects.expiry('stalled', 2, of), [order, act])
    }
  }
}

function addResult(
  plan: ExamplePlan,
  trail: TrailWriter,
  cause: Ref,
  n: number,
  at: number,
  delivered: 'delivered' | 'pending',
): void {
  const order = trail.ref('work_order')
  const after = cause.digest === order.digest ? [order] : [order, cause]
  let last = trail.add('execution_command', objects.command(plan, n, at), after)
  const made = [last]
  const own = plan.trail.slice(2, plan.trail.indexOf('result_contract'))
  for (const name of own) {
    // the names between command and contract are the tool's own links
    last = trail.add(name as LinkName, objects.toolObject(plan, name, n, at + 1), [last])
    made.push(last)
  }
  const contract = trail.add('result_contract', objects.contract(plan, n, at + 2), made)
  const settled = plan.trail.includes('settlement_receipt')
  const receipts = settled ? [trail.add('settlement_receipt', objects.settlement(), [])] : []
  const paid = trail.add('usage_receipt', objects.usage(plan, n, at + 3), [contract, ...receipts])
  trail.add('callback_delivery', objects.delivery(plan, n, at + 4, delivered), [contract, paid])
}

/** Writes links in order, closes revisions, and keeps a log with foreign leaves around ours. */
class TrailWriter {
  readonly links: NamedLink[] = []
  readonly leaves: Uint8Array[] = []
  readonly #signers: Record<string, SigningKey>
  readonly #edit: (name: string, object: JsonObject) => JsonObject
  readonly #follow: (name: string, after: readonly Ref[]) => readonly Ref[]
  readonly #key: (name: string, usual: SigningKey) => SigningKey
  readonly #refs: Ref[] = []
  /** What the next entry records. */
  #recorded: JsonObject[] = []
  readonly #objects = new Map<string, JsonObject>()
  readonly #counts = new Map<string, number>()
  #pilot: Pilot | undefined
  #entry: { name: string; digest: string; index: number } | undefined

  constructor(
    signers: Record<string, SigningKey>,
    edit: (name: string, object: JsonObject) => JsonObject,
    follow: (name: string, after: readonly Ref[]) => readonly Ref[],
    key: (name: string, usual: SigningKey) => SigningKey,
  ) {
    this.#signers = signers
    this.#edit = edit
    this.#follow = follow
    this.#key = key
  }

  /** @param by whose key signs; its kind's maker where nobody else does */
  add(kind: LinkName, draft: JsonObject, after: readonly Ref[], by?: Maker): Ref {
    const name = this.#next(kind)
    const object = this.#edit(name, draft)
    const signer = this.#signer(kind, name, by)
    const link = Link.sign(kind, object, this.#follow(name, after), signer)
    const { digest, statementDigest: statement_digest } = link
    this.#objects.set(name, object)
    this.links.push({ name, link })
    this.#refs.push({ name, digest })
    this.#recorded.push({ name, digest, statement_digest, key_id: link.key_id })
    return { name, digest }
  }

  object(name: string): JsonObject {
    return this.#objects.get(name) ?? {}
  }

  ref(name: string): Ref {
    const found = this.#refs.find((ref) => ref.name === name)
    if (found === undefined) throw new Error(`the example has no ${name}`)
    return found
  }

  /** Adds ledger entry and seal, and the entry's leaf. */
  close(pilot: Pilot, at: number): void {
    const revision = this.#counts.get('ledger_entry') ?? 0
    const contract = this.#newest('result_contract')
    const entry = this.#ledgerEntry(pilot, revision, contract, at)
    const ref = this.add('ledger_entry', entry, [...this.#refs])
    const sealed = this.object(ref.name)
    const leaf = entryLeaf(String(this.#recorded.at(-1)?.statement_digest))
    this.#recorded = []
    this.#pilot = pilot
    this.#entry = { ...ref, index: this.#append(leaf) }
    const statement = sealStatement({
      links: this.#refs,
      // the example's entry and contract have these members
      entry: sealed as unknown as SealedEntry,
      contract: contract as unknown as SealedContract | undefined,
    })
    const name = this.#next('attestation')
    const seal = Seal.sign(statement, this.#signer('attestation', name))
    this.#refs.push({ name, digest: seal.digest })
    this.links.push({ name, seal })
  }

  bundle(): Bundle {
    const { index } = this.#entry ?? { index: 0 }
    for (let i = 0; i < 7; i++) this.#leaf(`later ${i}`)
    const { tree, get } = growTree(this.leaves)
    const checkpoint = { origin: EXAMPLE_ORIGIN, size: tree.size, root: tree.root() }
    const { log } = this.#signers
    if (log === undefined || this.#pilot === undefined) throw new Error('the example is not closed')
    return makeBundle({
      work_order_id: WORK_ORDER_ID,
      pilot: this.#pilot,
      links: this.links,
      log: {
        origin: EXAMPLE_ORIGIN,
        index,
        proof: inclusionProof(index, tree.size, get),
        checkpoint: signCheckpoint(checkpoint, this.#key('log', log)),
      },
    })
  }

  #ledgerEntry(
    pilot: Pilot,
    revision: number,
    contract: JsonObject | undefined,
    at: number,
  ): JsonObject {
    const { requested_tool, requested_capability } = this.object('work_order')
    const run = exampleId('run')
    const usages = [...this.#objects].filter(([name]) => name.startsWith('usage_receipt'))
    const total = (member: string) =>
      usages.reduce((sum, [, object]) => sum + Number(object[member]), 0)
    const event = { agent_task_run_id: run, actor: 'dispatch' }
    return {
      object_type: 'agent_task_run',
      ledger_entry_id: exampleId('le', revision),
      agent_task_run_id: run,
      work_order_id: WORK_ORDER_ID,
      requested_tool,
      requested_capability,
      ...(contract && { evidence_status: Object(contract.machine_result).evidence_status }),
      state: contract === undefined ? 'failed' : 'callback_delivered',
      created_at: timeAt(1),
      events: [
        { event_type: 'run_created', to_state: 'created', ...event, occurred_at: timeAt(1) },
        ...(contract === undefined
          ? [{ event_type: 'run_failed', to_state: 'failed', ...event, occurred_at: timeAt(2) }]
          : [
              {
                event_type: 'contract_accepted',
                to_state: 'contract_accepted',
                ...event,
                occurred_at: timeAt(1),
              },
              {
                event_type: 'result_package_ready',
                to_state: 'result_ready',
                ...event,
                occurred_at: timeAt(4),
              },
            ]),
      ],
      credits: {
        held: total('credits_held'),
        debited: total('credits_debited'),
        released: total('credits_released'),
      },
      objects: [...this.#recorded],
      verdict: contract?.result_status ?? pilot.runtime_state,
      pilot,
      revision,
      ...(this.#entry && { follows: this.#entry }),
      issued_at: timeAt(at),
    }
  }

  #newest(kind: LinkName): JsonObject | undefined {
    const count = this.#counts.get(kind)
    return count === undefined ? undefined : this.#objects.get(linkNameOf(kind, count - 1))
  }

  #next(kind: LinkName): string {
    const n = this.#counts.get(kind) ?? 0
    this.#counts.set(kind, n + 1)
    return linkNameOf(kind, n)
  }

  #signer(kind: LinkName, name: string, maker: Maker = kindOf(kind).maker): SigningKey {
    const usual = this.#signers[maker === 'tool' ? 'executor' : maker]
    if (usual === undefined) throw new Error(`the example has no signer of ${kind}`)
    return this.#key(name, usual)
  }

  #append(leaf: Uint8Array): number {
    for (let i = 0; i < 3; i++) this.#leaf(`earlier ${this.leaves.length}`)
    return this.leaves.push(leaf) - 1
  }

  #leaf(text: string): void {
    this.leaves.push(encodeUtf8(text))
  }
}

/** A tree of the leaves, with every complete subtree at hand. */
export function growTree(leaves: readonly Uint8Array[]) {
  const tree = new MerkleTree()
  const nodes = new Map<string, Uint8Array>()
  for (const leaf of leaves) {
    for (const { level, index, hash } of tree.append(leafHash(leaf)))
      nodes.set(`${level}/${index}`, hash)
  }
  const get = (level: number, index: number): Uint8Array => {
    const hash = nodes.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`no subtree ${level}/${index}`)
    return hash
  }
  return { tree, get }
}

/** The same link with other members, as a forger would write it. */
export function changedLink<K extends string, T>(
  link: Link<K, T>,
  changes: Partial<WireLink>,
): Link<K, T> {
  // a forger's object is whatever the test says
  return Link.fromWire(link.kind, { ...link.toJSON(), ...changes } as WireLink<T>)
}

/** Answers like links that were verified ahead: each by that of the keys which it names. */
export function verifiedBy(...keys: readonly SigningKey[]): VerifiedLinks {
  return {
    has: (link) =>
      keys.some(({ key_id, privateKey }) => key_id === link.key_id && link.isSignedBy(privateKey)),
  }
}
