import type { EachBatchPayload, IMemberAssignment, Kafka } from 'kafkajs'
import type { Starting } from '../health/starting.ts'
import type { Input } from '../service.ts'
import type { AdmissionControl } from './admission.ts'
import { AdmissionQueue } from './admission-queue.ts'
import { BatchHandler, type BatchOptions } from './batch.ts'
import { type EmptyBatch, GroupMember } from './group-member.ts'

/**
 * The consumer of one service.
 * C1 All batches of a fetch are handed on together; a batch's offsets move only after all that it
 *    held was saved and published, or parked.
 *    A partition goes on meanwhile: only its commit waits for what is deferred. Records that are no
 *    messages (ends of transactions, aborted ones) are passed the same way: no offset stays before them.
 * C2 A message that the registry's outage leaves unreadable pauses its partition alone.
 * C3 The handler never throws into kafkajs: what was not taken is not resolved, and comes again.
 * C4 Stopping takes what was fetched, commits it, and leaves the group.
 * C5 A topic with admission control is read to its end, and taken as far as that grants; the rest
 *    waits in memory, each behind what its own sender sent (admission-queue.ts).
 */

export interface ConsumeOptions<I extends Input> extends BatchOptions<I> {
  kafka: Kafka
  group: string
  topics: readonly string[]
  /** How long a fetch may wait for more (service.ts). */
  gatherMs?: number | undefined
  admission?: AdmissionControl<I>
  /** Where joining waits for what is away. */
  starting: Starting
}

export interface Consuming {
  stop(): Promise<void>
}

/** Resolves when the group was joined. @throws when a topic is not there */
export async function startConsumer<I extends Input>(
  options: ConsumeOptions<I>,
): Promise<Consuming> {
  const consumer = new GroupConsumer(options)
  await consumer.start()
  return consumer
}

class GroupConsumer<I extends Input> implements Consuming {
  readonly #admission: AdmissionControl<I> | undefined
  readonly #batches: BatchHandler<I>
  readonly #queue: AdmissionQueue<I> | undefined
  readonly #member: GroupMember

  constructor(options: ConsumeOptions<I>) {
    const { kafka, group, topics, gatherMs, health, starting, log, admission } = options
    const batches = new BatchHandler({
      ...options,
      commit: (offsets) => this.#member.commit(offsets),
    })
    this.#admission = admission
    this.#batches = batches
    this.#queue = admission && new AdmissionQueue(admission, batches)
    this.#member = new GroupMember({
      ...{ kafka, group, topics, gatherMs, health, starting, log },
      joined: (assigned) => this.#joined(assigned),
      eachBatch: (payload) => this.#eachBatch(payload),
      passed: (batch) => this.#passed(batch),
    })
  }

  start(): Promise<void> {
    return this.#member.start()
  }

  async stop(): Promise<void> {
    await this.#queue?.stop()
    await this.#batches.stop()
    await this.#member.stop()
  }

  #joined(assigned: IMemberAssignment): void {
    this.#batches.forget()
    this.#queue?.drop()
    this.#admission?.assigned(assigned[this.#admission.topic]?.length ?? 0)
  }

  #passed(batch: EmptyBatch): void {
    if (this.#queue && batch.topic === this.#admission?.topic) this.#queue.passed(batch)
    else this.#batches.passed(batch)
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const isAdmitted = payload.batch.topic === this.#admission?.topic
    if (this.#queue && isAdmitted) await this.#queue.add(payload)
    else await this.#batches.handle(payload)
  }
}
