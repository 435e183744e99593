/**
 * A trail as it is told: drafts of its links, from which every digest, reference, closing record,
 * seal and log proof follows, unless the teller says otherwise. A liar changes one thing, and all
 * that rests on it is made to fit and signed by whoever has to: only the rule about that one thing
 * can find it.
 */

import {
  type LinkName,
  type Ref,
  type SigningKey,
  sealStatement,
  type TrailKey,
} from '@prooftrail/trail'
import {
  bareHex,
  canonicalize,
  digestOf,
  digestOfBytes,
  makeEnvelope,
  parseEnvelope,
  signPayload,
} from '@prooftrail/trail/encoding'
import {
  ENDED_TRAILS,
  parseLinkName,
  type SealedContract,
  type SealedEntry,
} from '@prooftrail/trail/format'
import { entryLeaf, inclusionProof, type MerkleTree, signCheckpoint } from '@prooftrail/trail/log'
import { decodeUtf8, encodeUtf8, isObject, type JsonObject, toBase64 } from '../plain.ts'
import { EXAMPLE_ORIGIN, type ExampleKind, growTree, makeExampleTrail } from '../trail/index.ts'

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const LINK_PREDICATE = 'https://prooftrail.dev/link/v1'

/** A link before it is told. */
export interface Draft {
  name: string
  kind: LinkName
  object: JsonObject
  /** Names of the links that it follows; of an entry or seal they are derived. */
  follows: string[]
  signer: SigningKey
  /** What it says instead of the object that follows from the rest. */
  say?: (object: JsonObject) => JsonObject
  refs?: (refs: Ref[], before: readonly Ref[]) => Ref[]
  statement?: (statement: JsonObject) => JsonObject
  /** The bytes that are signed, instead of the statement's canonical text. */
  payload?: (text: string) => string
}

/** Whether the trail is one of an order that ended without a result. */
export function isEnded({ kind }: Pick<Telling, 'kind'>): boolean {
  return Object.hasOwn(ENDED_TRAILS, kind)
}

/** The log around the trail's entries. */
export interface LogPlan {
  /** Leaves of others before each entry, and behind the last. */
  before: number
  behind: number
  /** The bytes of an entry's leaf. */
  leaf?: (told: Told) => Uint8Array
  /** The size of the tree that the checkpoint is of, given the size of the log. */
  size?: (size: number) => number
  /** The index that the bundle names, given the entry's own. */
  index?: (index: number) => number
}

export interface Telling {
  kind: ExampleKind
  work_order_id: string
  /** The newest header; earlier ones differ in runtime_state only. */
  pilot: JsonObject
  drafts: Draft[]
  keys: TrailKey[]
  signers: Readonly<Record<string, SigningKey>>
  origin: string
  log: LogPlan
  /** The last change of the file, as value or text. */
  file?: (bundle: JsonObject) => unknown
}

/** A link as it was told. */
export interface Told {
  name: string
  object: JsonObject
  payload: string
  digest: string
}

const drafted = new Map<ExampleKind, Telling>()

/** An honest telling of an example; told as it is, it verifies. */
export function tellingOf(kind: ExampleKind): Telling {
  const known = drafted.get(kind) ?? draft(kind)
  drafted.set(kind, known)
  return {
    ...known,
    pilot: structuredClone(known.pilot),
    drafts: known.drafts.map((one) => ({
      ...one,
      object: structuredClone(one.object),
      follows: [...one.follows],
    })),
    keys: known.keys.map((key) => ({ ...key })),
    log: { ...known.log },
  }
}

function draft(kind: ExampleKind): Telling {
  const { bundle, keys, signers } = makeExampleTrail({ kind })
  const drafts = bundle.links.map(({ name, envelope }): Draft => {
    const { payload } = parseEnvelope(envelope)
    const { predicate } = JSON.parse(decodeUtf8(payload) ?? '')
    const [{ keyid }] = envelope.signatures
    const signer = Object.values(signers).find(({ key_id }) => key_id === keyid)
    const of = parseLinkName(name)?.kind
    if (signer === undefined || of === undefined) throw new Error(`nobody drafts ${name}`)
    const refs: Ref[] = of === 'attestation' ? [] : predicate.after
    return {
      ...{ name, kind: of, signer },
      object: of === 'attestation' ? {} : predicate.object,
      follows: refs.map((ref) => ref.name),
    }
  })
  const { work_order_id, pilot } = bundle
  return {
    ...{ kind, work_order_id, drafts, signers },
    // a header is plain JSON
    pilot: { ...pilot },
    keys: [...keys.keys],
    origin: EXAMPLE_ORIGIN,
    log: { before: 3, behind: 7 },
  }
}

/** A draft by name. @throws when there is none */
export function draftOf({ drafts }: Telling, name: string): Draft {
  const found = drafts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no draft of ${name}`)
  return found
}

/** The bundle and keys of a telling, signed by all its parties. */
export function tell(telling: Telling): { bundle: unknown; keys: { keys: TrailKey[] } } {
  const writer = new Writer(telling)
  for (const one of telling.drafts) writer.add(one)
  const bundle = writer.bundle()
  return { bundle: telling.file?.(bundle) ?? bundle, keys: { keys: telling.keys } }
}

class Writer {
  readonly #telling: Telling
  readonly #told: Told[] = []
  readonly #links: JsonObject[] = []
  readonly #leaves: Uint8Array[] = []
  /** Since the last entry. */
  #fresh: JsonObject[] = []
  #entry: (Told & { index: number }) | undefined

  constructor(telling: Telling) {
    this.#telling = telling
  }

  add(one: Draft): void {
    const { name, kind, signer } = one
    const { statement, object } = kind === 'attestation' ? this.#seal(one) : this.#link(one)
    const text = canonicalize(one.statement?.(statement) ?? statement)
    const payload = one.payload?.(text) ?? text
    const bytes = encodeUtf8(payload)
    const digest = kind === 'attestation' ? digestOfBytes(bytes) : digestOf(object)
    const signature = signPayload(bytes, signer)
    const envelope = makeEnvelope(bytes, signer.key_id, signature)
    const told = { name, object, payload, digest }
    this.#told.push(told)
    this.#links.push({ name, digest, envelope: { ...envelope } })
    const { key_id } = signer
    if (kind === 'ledger_entry') this.#close(told)
    else if (kind !== 'attestation') {
      this.#fresh.push({ name, digest, statement_digest: digestOfBytes(bytes), key_id })
    }
  }

  bundle(): JsonObject {
    const { work_order_id, pilot, origin, log, signers } = this.#telling
    for (let i = 0; i < log.behind; i++) this.#leaves.push(encodeUtf8(`behind ${i}`))
    const { tree, get } = growTree(this.#leaves)
    const { index = 0 } = this.#entry ?? {}
    const size = log.size?.(tree.size) ?? tree.size
    const root = size === tree.size ? tree.root() : this.#treeOf(size).root()
    const { log: logKey } = signers
    if (logKey === undefined) throw new Error('the telling has no log')
    const checkpoint = signCheckpoint({ origin, size, root }, logKey)
    const proof = index < size ? inclusionProof(index, size, get).map(toBase64) : []
    const named = log.index?.(index) ?? index
    return {
      format: 'prooftrail-bundle/v1',
      ...{ work_order_id, pilot, links: this.#links },
      log: { origin, index: named, proof, checkpoint },
    }
  }

  #treeOf(size: number): MerkleTree {
    return growTree(this.#leaves.slice(0, size)).tree
  }

  #link(one: Draft): { statement: JsonObject; object: JsonObject } {
    const { kind, say } = one
    const fitting = this.#fitting(one)
    const object = say?.(structuredClone(fitting)) ?? fitting
    const before = this.#refs()
    const usual =
      kind === 'ledger_entry'
        ? before
        : one.follows.flatMap((name) => before.find((ref) => ref.name === name) ?? [])
    const after = one.refs?.(usual, before) ?? usual
    const subject = [{ name: kind, digest: { sha256: bareHex(digestOf(object)) } }]
    const predicate = { object, after }
    const statement = {
      ...{ _type: STATEMENT_TYPE, subject, predicateType: LINK_PREDICATE, predicate },
    }
    return { statement, object }
  }

  /** The object with all that it repeats of others. */
  #fitting({ kind, object }: Draft): JsonObject {
    if (kind === 'ledger_entry') return this.#entryOf(object)
    if (object.work_order_digest === undefined) return object
    return { ...object, work_order_digest: this.#told[0]?.digest }
  }

  /** A closing record that says what the links before it say. */
  #entryOf(object: JsonObject): JsonObject {
    const { follows: _, evidence_status: __, ...rest } = object
    const contract = this.#newest('result_contract')
    const status = member(contract?.machine_result, 'evidence_status')
    const usages = this.#told.filter(({ name }) => /^usage_receipt/.test(name))
    const total = (name: string) =>
      usages.reduce(
        (sum, { object: { [name]: some } }) => sum + (typeof some === 'number' ? some : 0),
        0,
      )
    const [held, debited] = [total('credits_held'), total('credits_debited')]
    const { name, digest, index } = this.#entry ?? {}
    return {
      ...rest,
      ...(status === undefined ? {} : { evidence_status: status }),
      credits: { held, debited, released: total('credits_released') },
      verdict: contract?.result_status ?? (isEnded(this.#telling) ? this.#telling.kind : 'refused'),
      objects: this.#fresh,
      ...(name === undefined ? {} : { follows: { name, digest, index } }),
    }
  }

  #seal({ name }: Draft): { statement: JsonObject; object: JsonObject } {
    const entry = this.#newest('ledger_entry') ?? {}
    const contract = this.#newest('result_contract')
    const { n: revision = 0 } = parseLinkName(name) ?? {}
    const said = { ...entry, work_order_id: this.#telling.work_order_id, revision }
    const statement = sealStatement({
      links: this.#refs(),
      // the example's entries and contracts have these members
      entry: said as unknown as SealedEntry,
      contract: contract && sealed(contract),
    })
    // what a lie took away is no member
    const plain: JsonObject = JSON.parse(JSON.stringify(statement))
    return { statement: plain, object: { ...statement.predicate } }
  }

  #close(told: Told): void {
    const { log } = this.#telling
    for (let i = 0; i < log.before; i++) {
      this.#leaves.push(encodeUtf8(`earlier ${this.#leaves.length}`))
    }
    const index = this.#leaves.length
    this.#leaves.push(log.leaf?.(told) ?? entryLeaf(digestOfBytes(told.payload)))
    this.#entry = { ...told, index }
    this.#fresh = []
  }

  #refs(): Ref[] {
    return this.#told.map(({ name, digest }) => ({ name, digest }))
  }

  #newest(kind: LinkName): JsonObject | undefined {
    return this.#told.findLast(({ name }) => parseLinkName(name)?.kind === kind)?.object
  }
}

/** What a seal takes from a contract, whatever a lie made of it. */
function sealed({ result_status, machine_result }: JsonObject): SealedContract {
  const machine = isObject(machine_result) ? machine_result : {}
  const { evidence_status, result_package = {} } = machine
  const said = { result_status, machine_result: { evidence_status, result_package } }
  // of an honest contract both are texts
  return said as unknown as SealedContract
}

/** A member of a value that may be no object. */
export function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}
