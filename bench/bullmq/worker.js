// The same seven steps as queues, one after the other: copied to a folder that holds BullMQ.
import { createHash } from 'node:crypto'
import { Queue, Worker } from 'bullmq'

const STEPS = ['intake', 'dispatch', 'execute', 'result', 'settle', 'callback', 'attest']
const FILL = 'x'.repeat(800)
const CONCURRENCY = 64

/** Hashes the document before, answers the next one of about 1 KB. */
function nextDocument(before, step) {
  const digest = createHash('sha256').update(JSON.stringify(before)).digest('hex')
  return { id: before.id, seq: (before.seq ?? 0) + 1, step, digest, fill: FILL }
}

const connection = { host: '127.0.0.1', port: Number(process.argv[2]) }
const queues = STEPS.map((step) => new Queue(step, { connection }))
const workers = STEPS.map((step, n) => {
  const next = queues[n + 1]
  const run = async ({ data }) => {
    const document = nextDocument(data, step)
    if (next) await next.add(STEPS[n + 1], document, { removeOnComplete: true })
    return { id: document.id, seq: document.seq }
  }
  return new Worker(step, run, { connection, concurrency: CONCURRENCY })
})
await Promise.all([...queues, ...workers].map((one) => one.waitUntilReady()))
process.send?.('ready')
process.once('disconnect', () => process.exit(0))
