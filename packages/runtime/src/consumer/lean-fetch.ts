import { createRequire } from 'node:module'

/** What is read here of a partition as a broker answers it. */
export interface AnsweredPartition {
  messages: readonly unknown[]
  /** The broker from which to fetch instead; -1: this one. */
  preferredReadReplica?: number | null
}

type Answer = { responses: { topicName: string; partitions: AnsweredPartition[] }[] }

interface Item {
  batch: unknown
  resolve(): void
  reject(error: unknown): void
}

/** kafkajs's queue of batches that wait for one of its workers. */
interface WorkerQueue {
  push(...batches: unknown[]): Promise<void>
  getWorkers(): readonly { run(work: { next(): Item | undefined }): Promise<void> }[]
}

interface Runner {
  fetchManager: { getFetchers(): readonly { getWorkerQueue(): WorkerQueue }[] }
  fetch(nodeId: string): Promise<readonly unknown[]>
}

const require = createRequire(import.meta.url)
let isDone = false

/**
 * Has a fetch cost what it brings. As it comes kafkajs makes a batch of every partition that was asked
 * for, with news or without, hands each to a worker, and for that wakes up as many workers as there may
 * ever be at a time.
 */
export function leanFetches(): void {
  if (isDone) return
  isDone = true
  // classes without types; the tests go through kafkajs's own runner, and a real broker
  const broker = require('kafkajs/src/broker') as {
    prototype: { fetch(request: unknown): Promise<Answer> }
  }
  const { fetch } = broker.prototype
  broker.prototype.fetch = async function (request) {
    return withNews(await fetch.call(this, request))
  }
  const { prototype } = require('kafkajs/src/consumer/runner') as { prototype: Runner }
  const { fetch: fetchNext } = prototype
  const seen = new WeakSet<WorkerQueue>()
  prototype.fetch = function (nodeId) {
    for (const fetcher of this.fetchManager.getFetchers()) {
      const queue = fetcher.getWorkerQueue()
      if (!seen.has(queue)) wakeAsManyAsNeeded(queue)
      seen.add(queue)
    }
    return fetchNext.call(this, nodeId)
  }
}

/** An answer without the partitions that say nothing; records that are no messages are something. */
export function withNews(answer: Answer): Answer {
  const says = ({ messages, preferredReadReplica }: AnsweredPartition) =>
    messages.length > 0 || (preferredReadReplica ?? -1) !== -1
  const responses = answer.responses.map((one) => ({
    ...one,
    partitions: one.partitions.filter(says),
  }))
  return { ...answer, responses }
}

/** All batches are in hand at once, as before: a worker that is free takes one as it is woken up. */
function wakeAsManyAsNeeded(queue: WorkerQueue): void {
  const waiting: Item[] = []
  queue.push = async (...batches) => {
    const taken = batches.map(
      (batch) =>
        new Promise<void>((resolve, reject) => void waiting.push({ batch, resolve, reject })),
    )
    for (const worker of queue.getWorkers()) {
      if (waiting.length === 0) break
      void worker.run({ next: () => waiting.shift() })
    }
    const failed = (await Promise.allSettled(taken)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
  }
}
