import { type AdmissionControl, agentDocument, type FairTurns, Refusal } from '@prooftrail/runtime'
import { LRUCache } from 'lru-cache'
import type { IntakeInput } from '../state.ts'
import { judgeLoad, type LoadLimits, MEMORY_MS, type Sample } from './judge-load.ts'
import { type QuotaLimits, Quotas } from './quotas.ts'
import type { Signatures } from './senders.ts'

/**
 * Admission of orders: how many intake takes from the topic, whose, and when its HTTP door answers 429.
 * G1 What is under way after intake stays within what those stages digest in `digestMs`.
 * G2 No order is refused for load: what is not taken waits, behind its own agent's orders only.
 * G3 Without samples nothing is known, and every order is taken.
 * G4 Only orders that their agent signed wait, spend a place, or count for a quota.
 * G5 What waits is what was read and is not yet taken. Offsets tell nothing of it: behind them may be
 *    ends of transactions, and what is no order.
 */
export interface OrderAdmission extends AdmissionControl<IntakeInput> {
  /** Told when a sample is begun; what ends afterwards is not in it. Answers its mark. */
  begin(): number
  /** Told what `begin` led to. `partitions` is how many the topic of orders has. */
  sampled(sample: Omit<Sample, 'taken'>, partitions: number, mark: number): void
  /** Told from time to time: what was digested since the last sample makes room. */
  tick(): void
  /** Seconds after which anybody may come again; undefined: come in, whoever it is. */
  turnAway(): number | undefined
  /** The same for one agent, whose order was authenticated. */
  turnAwayAgent(agent: string): TurnedAway | undefined
  /**
   * An order of the agent was refused at the door. Anybody who saw it may send it again: its signature
   * counts once.
   */
  refused(agent: string, bytes: number, signature: string): void
  /** Whether anything is under way or waits, so that the next sample is worth its price. */
  isBusy(): boolean
}

export interface TurnedAway {
  code: 'PT-1062' | 'PT-1064' | 'PT-1066'
  seconds: number
}

export interface AdmissionOptions {
  topic: string
  limits: LoadLimits
  quotas: QuotaLimits
  signatures: Pick<Signatures, 'sendersOf'>
  /** Milliseconds of a clock that only goes forward, the samples' own. */
  now(): number
}

/** Whoever is sent away may ask again within two minutes, however long the backlog. */
const MAX_RETRY_SECONDS = 120
/** Samples older than this tell nothing. */
const STALE_MS = 30_000
/** For so long it is taken for granted that the stages go on as they did. */
const FORESIGHT_MS = 1_000
/** The shortest time under way grows by this factor until a shorter one is seen. */
const FORGETTING_PER_HOUR = 1.1
/** A refusal to grant that is not repeated within this time was momentary. */
const DENIAL_MS = 3_000
/**
 * What waits of all agents together. Beyond it no more is kept of those that have more than their
 * share of it: so whoever has less is kept, and no partition is ever left unread.
 */
const MAX_WAITING_BYTES = 128 * 1024 * 1024

/** Signatures of refused orders that are remembered. */
const MAX_REFUSED = 50_000

type Turns = Pick<FairTurns<unknown>, 'all' | 'of' | 'ahead'>

export function makeOrderAdmission(options: AdmissionOptions): OrderAdmission {
  return new OrderGate(options)
}

class OrderGate implements OrderAdmission {
  readonly topic: string
  readonly sendersOf: OrderAdmission['sendersOf']
  readonly #limits: LoadLimits
  readonly #quotaLimits: QuotaLimits
  readonly #quotas: Quotas
  readonly #refused = new LRUCache<string, true>({ max: MAX_REFUSED })
  readonly #now: () => number
  #samples: readonly Sample[] = []
  #told: () => void = () => {}
  #turns: Turns | undefined
  /** This process's part of the topic. */
  #own = 1
  #share = 1
  #granted = 0
  #ended = 0
  /** Of those ended, how many the last sample counts. */
  #counted = 0
  #closedAt: number | undefined
  #deniedAt = 0
  #shed = 0
  #judgement
  /** The shortest time that orders were ever under way; what was long ago counts less and less. */
  #restMs = Number.POSITIVE_INFINITY

  constructor({ topic, limits, quotas, signatures, now }: AdmissionOptions) {
    this.topic = topic
    this.sendersOf = (inputs) => signatures.sendersOf(inputs)
    this.#limits = limits
    this.#quotaLimits = quotas
    this.#quotas = new Quotas(quotas, now)
    this.#now = now
    this.#judgement = judgeLoad([], limits)
  }

  begin(): number {
    return this.#ended
  }

  sampled(seen: Omit<Sample, 'taken'>, partitions: number, mark: number): void {
    const sample = { ...seen, taken: this.#ended }
    this.#samples = [...this.#samples.filter(({ at }) => sample.at - at <= MEMORY_MS), sample]
    const passed = sample.at - (this.#samples.at(-2)?.at ?? sample.at)
    this.#judgement = judgeLoad(this.#samples, this.#limits, this.#rest(passed))
    this.#restMs = Math.min(this.#restMs, this.#judgement.passMs ?? Infinity)
    this.#counted = mark
    this.#share = Math.min(1, this.#own / Math.max(1, partitions))
    this.#told()
  }

  refusal(...[agent, held, all]: Parameters<OrderAdmission['refusal']>): Refusal | undefined {
    const { waitingOrders, waitingBytes } = this.#quotaLimits
    const isOver = held.count >= waitingOrders || held.bytes >= waitingBytes
    const isOverShare =
      all.bytes >= MAX_WAITING_BYTES && held.bytes >= MAX_WAITING_BYTES / Math.max(1, all.senders)
    if (!isOver && !isOverShare) return undefined
    const detail = `${held.count} orders of ${agent}, ${held.bytes} bytes, wait already`
    return new Refusal('PT-1065', detail, { party: agentDocument(agent) })
  }

  mayServe(agent: string): boolean {
    return this.#quotas.waitMs(agent) === 0
  }

  grant(agent: string, bytes: number): boolean {
    if (this.#isBlind() || this.#granted - this.#counted < Math.ceil(this.#room() * this.#share)) {
      this.#granted += 1
      this.#quotas.spend(agent, bytes)
      return true
    }
    if (!this.#isDenying()) this.#closedAt = this.#now()
    this.#deniedAt = this.#now()
    return false
  }

  taken(count: number): void {
    this.#ended += count
  }

  assigned(partitions: number): void {
    this.#own = partitions
  }

  watch(turns: Turns): void {
    this.#turns = turns
  }

  onRoom(tell: () => void): void {
    this.#told = tell
  }

  tick(): void {
    if ((this.#turns?.all.count ?? 0) > 0) this.#told()
  }

  turnAway(): number | undefined {
    return this.#shedAfter(this.#waitMs(undefined))
  }

  turnAwayAgent(agent: string): TurnedAway | undefined {
    const { waitingOrders, waitingBytes } = this.#quotaLimits
    const seconds = this.#shedAfter(this.#waitMs(agent))
    if (seconds !== undefined) return { code: 'PT-1062', seconds }
    const held = this.#turns?.of(agent)
    const isFull = held && (held.count >= waitingOrders || held.bytes >= waitingBytes)
    const quotaMs = this.#quotas.waitMs(agent)
    if (quotaMs === 0 && !isFull) return undefined
    this.#shed += 1
    return { code: 'PT-1064', seconds: secondsIn(quotaMs) }
  }

  refused(agent: string, bytes: number, signature: string): void {
    if (this.#refused.has(signature)) return
    this.#refused.set(signature, true)
    this.#quotas.spend(agent, bytes)
  }

  isBusy(): boolean {
    const stages = this.#samples.at(-1)?.stages ?? []
    const isMoving = stages.some(({ done, end }) => end > done)
    return isMoving || this.#granted > this.#counted || this.#isDenying()
  }

  readings() {
    return {
      closedSeconds: this.#closedMs() / 1000,
      // Prometheus keeps it, people read it: no infinity.
      waitSeconds: Math.min(this.#waitMs(undefined) / 1000, 86_400),
      waiting: this.#turns?.all.count ?? 0,
      shed: this.#shed,
    }
  }

  #shedAfter(waitMs: number): number | undefined {
    if (waitMs <= this.#limits.waitMs) return undefined
    this.#shed += 1
    return secondsIn(waitMs)
  }

  /** How long an order of the agent that comes now waits; of one of whom nothing waits. */
  #waitMs(agent: string | undefined): number {
    const ahead = this.#turns?.ahead(agent) ?? 0
    if (this.#isBlind() || ahead === 0) return 0
    return this.#judgement.waitMs({ ahead, closedMs: this.#closedMs() })
  }

  #isBlind(): boolean {
    return this.#now() - (this.#samples.at(-1)?.at ?? -Infinity) > STALE_MS
  }

  #room(): number {
    const { most, underWay, perMs } = this.#judgement
    const passed = Math.min(FORESIGHT_MS, this.#now() - (this.#samples.at(-1)?.at ?? this.#now()))
    return Math.max(0, Math.min(most, most - underWay + perMs * passed))
  }

  #rest(passed: number): number {
    this.#restMs *= FORGETTING_PER_HOUR ** (passed / 3_600_000)
    return Number.isFinite(this.#restMs) ? this.#restMs : 0
  }

  #isDenying(): boolean {
    return this.#closedAt !== undefined && this.#now() - this.#deniedAt <= DENIAL_MS
  }

  #closedMs(): number {
    return this.#isDenying() ? this.#now() - (this.#closedAt ?? this.#now()) : 0
  }
}

function secondsIn(ms: number): number {
  return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(ms / 1000)))
}
