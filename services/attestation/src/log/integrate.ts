import { type Codec, type EventTypes, Poison, topicFor } from '@prooftrail/contracts'
import type { EachBatchPayload, Kafka } from 'kafkajs'
import type { Integrated } from '../state.ts'
import { type Folded, type Folder, type LedgerRecord, LogFault } from './fold.ts'

/**
 * Folds the ledger topic into the log while it grows.
 * I1 Offsets are the checkpoint's: the group commits none, every assignment seeks to next_offset.
 * I2 A topic that is shorter than next_offset, or stored leaves that differ, stop the log for good;
 *    an outage is tried again.
 * I3 What was integrated is told after the checkpoint moved; what is lost in between, the trail's
 *    own document looks up when it is due.
 */
export interface Integrator {
  /** Begins; resolves when it consumes. @throws when the broker is away */
  start(): Promise<void>
  /** Undefined when the log may be served; else why not. */
  fault(): { code: 'PT-6012' | 'PT-6013' | 'PT-6021'; detail: string } | undefined
  /** Resolves when the log has all entries that were on the topic when it started. */
  caughtUp(): Promise<void>
  stop(): Promise<void>
}

/** A message that got no index, as it was on the topic. */
export interface ForeignMessage {
  partition: number
  offset: string
  key: Buffer | null
  value: Buffer
  headers: Record<string, string>
  at: string
  code: string
  detail: string
}

export interface IntegrateOptions {
  kafka: Kafka
  group: string
  codec: Codec
  folder: Folder
  read(link: EventTypes['ledger.appended']): LedgerRecord['entry']
  /** Told after the checkpoint holds them; runs beside the fold. */
  integrated(entries: readonly (Integrated & { work_order_id: string })[]): Promise<void>
  park(messages: readonly ForeignMessage[]): Promise<void>
  log: { warn(about: object, text: string): void; error(about: object, text: string): void }
}

/** Leaves that one write holds. */
const CHUNK = 1_000
const BACKOFF_MS = 500
const POLL_MS = 250

/** The fold of the ledger topic, not begun yet. */
export function makeIntegrator(options: IntegrateOptions): Integrator {
  const { kafka, codec, folder, log } = options
  const topic = topicFor('ledger.appended')
  let stopped: LogFault | undefined
  let stopping = false
  let telling: Promise<void> = Promise.resolve()
  /** Where the topic ended when the fold began. */
  let target: number | undefined
  const nextOffset = () => folder.head()?.next_offset ?? 0

  const consumer = kafka.consumer({
    groupId: options.group,
    allowAutoTopicCreation: false,
    sessionTimeout: 10_000,
    maxWaitTimeInMs: POLL_MS,
    maxBytesPerPartition: 4 * 1024 * 1024,
    retry: { retries: 20, initialRetryTime: 200, maxRetryTime: 5_000 },
  })

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale } = payload
    try {
      if (stopped) return await idle()
      const end = Number(batch.highWatermark)
      if (end < nextOffset()) throw shorter(end, nextOffset())
      const first = batch.messages[0]
      if (first && Number(first.offset) > nextOffset()) return seek()
      for (let start = 0; start < batch.messages.length; start += CHUNK) {
        if (!isRunning() || isStale()) return
        const messages = batch.messages.slice(start, start + CHUNK)
        if (!(await foldMessages(batch, messages))) return seek()
        await heartbeat()
      }
      payload.resolveOffset(batch.lastOffset())
    } catch (error) {
      if (error instanceof LogFault) {
        stopped = error
        log.error({ code: error.code }, `the log stops: ${error.message}`)
        return
      }
      log.warn({ err: error }, 'the log could not be written; trying again')
      seek()
      await idle()
    }
  }

  async function foldMessages(
    batch: EachBatchPayload['batch'],
    messages: EachBatchPayload['batch']['messages'],
  ): Promise<boolean> {
    const foreign: ForeignMessage[] = []
    const records: LedgerRecord[] = []
    for (const message of messages) {
      const offset = Number(message.offset)
      if (offset < nextOffset()) continue
      const entry = await readMessage(message.value, (code, detail) => {
        foreign.push(foreignMessage(batch.partition, message, code, detail))
      })
      records.push({ offset, entry })
    }
    // Parked before the checkpoint passes them: told twice rather than never.
    if (foreign.length > 0) await options.park(foreign)
    const folded = await folder.fold(records)
    if (folded === undefined) return false
    tell(folded)
    return true
  }

  async function readMessage(
    value: Buffer | null,
    refuse: (code: string, detail: string) => void,
  ): Promise<LedgerRecord['entry']> {
    try {
      if (value === null) throw new Poison('PT-9001', 'a message without a value')
      // The codec answers a topic's own record or throws.
      const link = (await codec.decode(topic, value)) as EventTypes['ledger.appended']
      const entry = options.read(link)
      if (!entry) refuse('PT-6010', `no entry that attestation signed, key ${link.key_id}`)
      return entry
    } catch (error) {
      if (!(error instanceof Poison)) throw error
      refuse(error.code, error.message)
      return undefined
    }
  }

  /** One telling at a time: a slow joiner holds the fold at one batch ahead. */
  function tell({ leaves }: Folded): void {
    if (leaves.length === 0) return
    const entries = leaves.map(({ entry_id, index, hash, work_order_id }) => ({
      entry_id,
      index,
      hash: Buffer.from(hash).toString('hex'),
      work_order_id,
    }))
    telling = telling
      .then(() => options.integrated(entries))
      .catch((error: unknown) => {
        log.warn({ err: error }, 'trails were not told of their index; they look it up when due')
      })
  }

  function seek(): void {
    consumer.seek({ topic, partition: 0, offset: String(nextOffset()) })
  }

  /** Keeps a partition that cannot move from being fetched in a tight circle. */
  async function idle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, BACKOFF_MS))
  }

  async function consume(): Promise<void> {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
  }

  async function restart(): Promise<void> {
    while (!stopping) {
      try {
        await consumer.disconnect()
        return await consume()
      } catch (error) {
        log.error({ err: error }, 'the log consumer did not start again; trying again')
        await idle()
      }
    }
  }

  consumer.on(consumer.events.GROUP_JOIN, () => seek())
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    log.error({ err: payload.error, restart: payload.restart }, 'log consumer crashed')
    if (!payload.restart) void restart()
  })

  return {
    async start() {
      target = await endOf(kafka, topic)
      if (target < nextOffset()) stopped = shorter(target, nextOffset())
      else await restart()
    },
    fault() {
      if (stopped) return { code: stopped.code, detail: stopped.message }
      if (target === undefined) return { code: 'PT-6021', detail: 'the log is not open yet' }
      if (nextOffset() >= target) return undefined
      return { code: 'PT-6021', detail: `folded ${nextOffset()} of ${target} messages` }
    },
    async caughtUp() {
      while (!stopped && !stopping && nextOffset() < (target ?? Infinity)) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async stop() {
      stopping = true
      await consumer.stop().catch(() => undefined)
      await consumer.disconnect().catch(() => undefined)
      await telling
    },
  }
}

/** The offset behind the newest message. */
async function endOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    if (offsets.length !== 1) throw new Error(`${topic} has ${offsets.length} partitions, not one`)
    return Number(offsets[0]?.high ?? 0)
  } finally {
    await admin.disconnect()
  }
}

function shorter(end: number, next: number): LogFault {
  return new LogFault('PT-6012', `the ledger topic ends at ${end}, the checkpoint at ${next}`)
}

function foreignMessage(
  partition: number,
  message: EachBatchPayload['batch']['messages'][number],
  code: string,
  detail: string,
): ForeignMessage {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [
    name,
    String(Array.isArray(value) ? value[0] : value),
  ])
  return {
    partition,
    offset: message.offset,
    key: message.key,
    value: message.value ?? Buffer.alloc(0),
    headers: Object.fromEntries(headers),
    at: new Date(Number(message.timestamp)).toISOString(),
    code,
    detail,
  }
}
