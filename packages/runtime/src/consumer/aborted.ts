import { createRequire } from 'node:module'

/** What is read here of a partition as kafkajs fetched it. */
export interface FetchedPartition {
  abortedTransactions?: readonly { producerId: string; firstOffset: string }[] | null
  messages: FetchedRecord[]
}

interface FetchedRecord {
  offset: string
  key: Buffer | null
  /** Records that say how a transaction ended; kafkajs hands none of them on. */
  isControlRecord?: boolean
  batchContext?: { producerId: string; inTransaction: boolean }
}

const require = createRequire(import.meta.url)
let isDone = false

/**
 * Makes kafkajs hand on no record of an aborted transaction. As it comes it takes every record under
 * the key 00000000 for the end of its transaction, whose rest it then hands on, and it expects the
 * broker's list of aborted transactions in the order in which they began; brokers list them as they
 * ended, so that of two at a time one is handed on.
 */
export function hideAbortedRecords(): void {
  if (isDone) return
  isDone = true
  // a class without types; the test goes through a real broker
  const { prototype } = require('kafkajs/src/broker') as { prototype: { fetch: Fetch } }
  const { fetch } = prototype
  prototype.fetch = async function (request) {
    const answer = await fetch.call(this, request)
    for (const { partitions } of answer.responses) for (const one of partitions) hideAborted(one)
    return answer
  }
}

type Fetch = (
  request: unknown,
) => Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>

/**
 * Marks the records of aborted transactions like those that end one, by the rules of Kafka's own
 * consumer: a transaction of a producer begins at the offset that the broker names, and ends with the
 * producer's next control record.
 */
export function hideAborted(partition: FetchedPartition): void {
  const { abortedTransactions, messages } = partition
  if (!abortedTransactions?.length) return
  const begins = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, at: BigInt(firstOffset) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
  const aborting = new Set<string>()
  let next = 0
  for (const message of messages) {
    const offset = BigInt(message.offset)
    for (let begin = begins[next]; begin && begin.at <= offset; begin = begins[++next]) {
      aborting.add(begin.producerId)
    }
    const { producerId = '', inTransaction = false } = message.batchContext ?? {}
    if (message.isControlRecord) aborting.delete(producerId)
    else if (inTransaction && aborting.has(producerId)) message.isControlRecord = true
  }
  partition.abortedTransactions = []
}
