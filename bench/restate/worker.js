// The same seven steps as durable calls of one service each: copied to a folder that holds the SDK.
import { createHash } from 'node:crypto'

// The SDK calls this; Node has it from version 22 on.
Promise.withResolvers ??= () => {
  const parts = {}
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return parts
}
const restate = await import('@restatedev/restate-sdk')

const STEPS = ['intake', 'dispatch', 'execute', 'result', 'settle', 'callback', 'attest']
const FILL = 'x'.repeat(800)

/** Hashes the document before, answers the next one of about 1 KB. */
function nextDocument(before, step) {
  const digest = createHash('sha256').update(JSON.stringify(before)).digest('hex')
  return { id: before.id, seq: (before.seq ?? 0) + 1, step, digest, fill: FILL }
}

const services = STEPS.map((step) =>
  restate.service({
    name: step,
    handlers: { run: async (_context, before) => nextDocument(before, step) },
  }),
)

const flow = restate.service({
  name: 'flow',
  handlers: {
    run: async (context, order) => {
      let document = order
      for (const name of STEPS) document = await context.serviceClient({ name }).run(document)
      return document
    },
  },
})

await restate.serve({ services: [...services, flow], port: Number(process.argv[2]) })
process.send?.('ready')
process.once('disconnect', () => process.exit(0))
