import type { EventTypes, RuntimeState } from '@prooftrail/contracts'
import type { EventOf, Folding, InputOf } from '@prooftrail/runtime'
import type { KeySet, Link, Seal, TrailKey, VerifiedLinks } from '@prooftrail/trail'
import type { FindKey, KnownSignatures } from './check-link.ts'
import type { KeyLog } from './key-lists.ts'
import type { Keyring } from './keyring.ts'
import type { Integrated, LogReader, LogStore } from './log/index.ts'
import type { Signer } from './signer.ts'

/** A link of the trail whose signature counts. */
export interface CheckedLink<L extends Link = Link> {
  /** The name in the trail: the kind, with `/<n>` for a later one of its kind. */
  name: string
  link: L
}

/** A seal as it was published: the statement itself, because old bytes never change. */
export interface SealItem {
  name: string
  seal: Seal
}

/** A place in the trail: a link, or the seal of a revision. */
export type TrailItem = CheckedLink | SealItem

/** One attempt as dispatch bound it. */
export interface BoundAttempt {
  command: CheckedLink<EventTypes['execution.bound']['command']>
  proof_trail: string[]
  accepted_at: string
  held_at: string
  bound_at: string
}

/** The result that dispatch accepted: the contract, and the tool's own links before it. */
export interface AcceptedResult {
  tool_command_id: string
  contract: CheckedLink<EventTypes['result.accepted']['result_contract']>
  links: CheckedLink[]
}

export interface Receipts {
  usage: CheckedLink<EventTypes['usage-receipt.issued']['usage_receipt']>
  settlement?: CheckedLink
}

export type Delivery = CheckedLink<EventTypes['callback.attempted']>

/** An act that dispatch accepted. */
export interface ActFact {
  /** Which of the run's accepted acts it is. */
  sequence: number
  act: CheckedLink
  runtime_state?: RuntimeState
}

/** One more result of a run, as far as it is known. */
export interface LaterResult {
  /** By attempt. */
  bound: Readonly<Record<string, BoundAttempt>>
  result?: AcceptedResult
  receipts?: Receipts
  deliveries: readonly Delivery[]
}

/** What follows the first seal and is not in the trail yet. */
export interface Later {
  acts: readonly ActFact[]
  /** By number; the first replay's is 1. */
  results: Readonly<Record<string, LaterResult>>
}

/** Facts of a run that has no seal yet, in any order of arrival. All their signatures count. */
export interface Facts {
  order?: CheckedLink<EventTypes['execution.bound']['order']>
  /** By attempt. */
  bound: Record<string, BoundAttempt>
  result?: AcceptedResult
  receipts?: Receipts
  /** Finished attempts, or the one that says none is due. */
  deliveries: Delivery[]
  /** What came before its time; absent: nothing. */
  later?: Later
}

/** What waits for the log to say its index. */
export interface Awaited {
  entry_id: string
  /** When the document looks the leaf up by itself (RFC 3339). */
  until: string
  /** How often it looked; the pause doubles each time. */
  looked: number
}

export interface SealedTrail {
  status: 'sealed'
  /** In trail order: links of the first seal, its entry and seal, then revision by revision. */
  items: TrailItem[]
  /** Revision of the newest entry. */
  revision: number
  /** Log index of the newest entry, known once it is integrated and sealed. */
  index?: number
  /** Log index of the entry before, which is sealed, while the newest waits for its own. */
  sealed_index?: number
  awaited?: Awaited
  /** Facts for the next revision, which waits for the newest entry's index. */
  late: readonly Delivery[]
  /** The highest attempt of the first result's callback that is in the trail or in `late`. */
  attempt: number
  /** The same of later results' callbacks, by the number of the result; absent: none. */
  attempts?: Readonly<Record<string, number>>
  /** Absent: nothing. */
  later?: Later
  task_token: string
}

/** Registered keys of one agent or tool: documents `agent/<id>` and `tool/<name>`. */
export interface PartyKeys {
  status: 'keys'
  keys: TrailKey[]
  /** The registration's revision; an older one only adds keys. */
  revision: number
}

/** What stays of a trail whose run was forgotten: entries and seals. */
export interface ForgottenTrail {
  status: 'forgotten'
  items: TrailItem[]
  /** Log index of the newest entry. */
  index?: number
}

export type State =
  | { status: 'absent' }
  | PartyKeys
  | { status: 'joining'; facts: Facts }
  | SealedTrail
  | ForgottenTrail

/** What one input adds to a result of the run; `number` says to which. */
export type ResultFact =
  | ({ kind: 'bound'; attempt: number; order: NonNullable<Facts['order']> } & Numbered & {
        bound: BoundAttempt
      })
  | ({ kind: 'result'; result: AcceptedResult } & Numbered)
  | ({ kind: 'receipts'; receipts: Receipts } & Numbered)
  | ({ kind: 'delivery'; delivery: Delivery } & Numbered)

/** What one input adds to a run. */
export type Fact = ResultFact | ({ kind: 'act' } & ActFact)

interface Numbered {
  /** 0 for the first result. */
  number: number
}

/** A trail that got a new entry: what the entry's link does not say itself. */
export interface Closing {
  /** New links before the entry, in trail order. */
  links: CheckedLink[]
  entry: CheckedLink
  attempt: number
  task_token: string
  until: string
  /** What stays for the next revision. */
  late?: readonly Delivery[]
  later?: Later
  attempts?: Readonly<Record<string, number>>
}

export interface Context {
  findKey: FindKey
  /** The wave's links whose signature is that of the key that `findKey` finds. */
  verified: VerifiedLinks
  signer: Signer
  /** Leaves that due documents asked for, by entry id. */
  leaves: ReadonlyMap<string, Integrated>
}

/** What contexts are made with. */
export interface Joining {
  signer: Signer
  /** Signatures that were found good lately. */
  known: KnownSignatures
  keyring: Keyring
  /** Stored leaves, for trails that were not told their index. */
  leaves: Pick<LogStore, 'known'>
}

/** What contexts and routes are made with. */
export interface Tools extends Joining {
  /** First line of checkpoints. */
  origin: string
  /** Public keys of the deployment's services. */
  services: KeySet
  reader: LogReader
  /** Signed key lists, where the deployment has some. */
  keyLog?: KeyLog | undefined
  /** Why the log cannot be served, if so. */
  fault: Folding['fault']
}

export interface Attestation {
  party: 'attestation'
  beside: 'ledger.appended'
  state: State
  inputs: { 'entry.integrated': Integrated; due: Record<string, never> }
  events: {
    'keys.learned': { keys: TrailKey[]; revision: number }
    'fact.kept': Fact
    /** Always said together with its `ledger.appended`, which carries the published bytes. */
    'trail.closed': Closing
    'index.missed': { until: string }
  }
  context: Context
  tools: Tools
}

export type AttestationInput = InputOf<Attestation>
export type AttestationEvent = EventOf<Attestation>

export const initial: State = { status: 'absent' }

/** A run of which nothing is known yet. */
export function noFacts(): Facts {
  return { bound: {}, deliveries: [] }
}
