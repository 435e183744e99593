import { randomBytes } from 'node:crypto'
import { topicFor } from '@prooftrail/contracts'
import { MongoClient } from 'mongodb'
import type { Deployment } from '../deployment.ts'
import { type Drill, overAndOver } from './drill.ts'

/** Orders beyond what may always be under way (INTAKE_AT_LEAST). */
const BURST = 120
/** Offsets by which the checkpoint is put ahead of its topic. */
const AHEAD = 1_000

const serviceKilled: Drill = {
  cause: 'receipt was killed, and nobody started it again',
  alert: 'ProoftrailServiceDown',
  labels: { service: 'receipt' },
  runbook: 'a-service-is-down',
  finds: 'npx prooftrail doctor',
  async inject({ processes }) {
    await processes.kill('receipt')
    return () => processes.start('receipt')
  },
}

const executorAway: Drill = {
  cause: 'the executor of tokenops was killed while orders for it come in',
  alert: 'ProoftrailExecutorAway',
  labels: { tool: 'tokenops' },
  runbook: 'an-executor-is-away',
  finds: 'curl http://EXECUTOR:PORT/readyz',
  async inject({ processes, traffic }) {
    await processes.kill('tokenops')
    const sent = await traffic.send(3, { tool: 'tokenops' })
    return async () => {
      await processes.start('tokenops')
      await traffic.allSealed(sent)
    }
  },
}

const databaseAway: Drill = {
  cause: 'MongoDB stands still: it takes connections and answers nothing',
  alert: 'ProoftrailOutage',
  runbook: 'a-server-is-away',
  finds: 'npx prooftrail doctor',
  async inject({ servers, traffic }) {
    const { pid } = servers().mongodb
    const stop = overAndOver(1_000, () => traffic.send(1))
    process.kill(pid, 'SIGSTOP')
    return async () => {
      process.kill(pid, 'SIGCONT')
      await stop()
    }
  },
}

const brokerAway: Drill = {
  cause: 'the broker is away, so that the door can give no order to anybody',
  alert: 'ProoftrailDoorsFail',
  labels: { severity: 'page' },
  runbook: 'doors-fail',
  finds: 'curl http://intake:7001/readyz',
  async inject({ servers, world }) {
    const agent = await world.newAgent('drill_door')
    const url = `${world.url('intake')}/v1/work-orders`
    const post = () =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(agent.order()),
      })
    await servers().kafka.kill('SIGKILL')
    const stop = overAndOver(200, () => Promise.all(Array.from({ length: 40 }, post)))
    return async () => {
      await servers().kafka.restart()
      await stop()
    }
  },
}

const messageParked: Drill = {
  cause: 'somebody wrote bytes to the intake topic that nobody can read',
  alert: 'ProoftrailMessageParked',
  labels: { service: 'intake' },
  runbook: 'a-message-is-parked',
  finds: 'its code in docs/errors.md, and the topic prooftrail.parked.v1',
  async inject({ world }) {
    const messages = [{ key: 'drill', value: randomBytes(64) }]
    await world.producer.send({ topic: topicFor('work-order.submitted'), acks: -1, messages })
    // its sender has to mend it; the alert ends when no other one comes
    return async () => undefined
  },
}

const creditsPending: Drill = {
  cause: 'an agent ordered without credits',
  alert: 'ProoftrailCreditsPending',
  runbook: 'credits-are-pending',
  finds: 'npx prooftrail queue',
  async inject({ world, traffic }) {
    const agent = await world.newAgent('drill_poor', { credits: 0 })
    const terms = { tool: 'tokenops', price: 10, agent, ends: 'delivered' } as const
    const sent = await traffic.publish(agent.order(), terms)
    return async () => {
      await world.fund(agent.account, 100)
      await traffic.allSealed([sent])
    }
  },
}

const callbackExhausted: Drill = {
  cause: 'a receiver says 410 to everything',
  alert: 'ProoftrailCallbackExhausted',
  runbook: 'a-callback-is-exhausted',
  finds: 'GET /v1/callbacks/wo_… of callback',
  async inject({ world }) {
    let status = 410
    const callbacks = world.receiver.address(() => ({ status }))
    const agent = await world.newAgent('drill_deaf', { callbacks })
    const order = agent.order()
    await world.publish(order)
    return async () => {
      status = 200
      await act(world, order.object.work_order_id, 'retry_callback')
    }
  },
}

const ordersWait: Drill = {
  cause: 'callback was killed, and more orders come than the stages before it may have under way',
  alert: 'ProoftrailOrdersWait',
  runbook: 'orders-wait',
  finds: 'npx prooftrail queue',
  async inject({ processes, traffic }) {
    await processes.kill('callback')
    const sent = await traffic.send(BURST, { tool: 'tokenops' })
    return async () => {
      await processes.start('callback')
      await traffic.allSealed(sent)
    }
  },
}

const checkpointOld: Drill = {
  cause: 'attestation gets nothing of the ledger topic, so that nothing is folded into the log',
  alert: 'ProoftrailCheckpointOld',
  runbook: 'the-checkpoint-is-old',
  finds: 'kafka-consumer-groups.sh --describe --group prooftrail.attestation-log',
  async inject({ processes, sabotage, traffic }) {
    sabotage.hold(processes.port('attestation'), ['ledger.appended'])
    const stop = overAndOver(1_000, () => traffic.send(1, { tool: 'tokenops' }))
    return async () => {
      await stop()
      sabotage.hold(processes.port('attestation'), [])
    }
  },
}

const logStopped: Drill = {
  cause: 'the checkpoint in MongoDB is ahead of its topic, as after Kafka lost data',
  alert: 'ProoftrailLogStopped',
  runbook: 'the-log-stopped',
  finds: 'curl http://attestation:7006/readyz',
  async inject({ processes, traffic, world }) {
    await traffic.allSealed(await traffic.send(2))
    const { url } = world.services.stack.mongodb
    await processes.kill('attestation')
    await moveCheckpoint(url, AHEAD)
    // it answers its probes, and is never ready
    processes.start('attestation').catch(() => undefined)
    return async () => {
      await processes.kill('attestation')
      await moveCheckpoint(url, -AHEAD)
      await processes.start('attestation')
    }
  },
}

/** Asks for an act as an operator, whom this deployment lets in without a token. */
async function act(
  world: Deployment['world'],
  work_order_id: string,
  recovery_action: string,
): Promise<void> {
  const answer = await fetch(`${world.url('dispatch')}/v1/tasks/${work_order_id}/acts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ work_order_id, recovery_action, idempotency_key: `drill-${recovery_action}` },
      reason: 'the exercise is over',
    }),
  })
  if (!answer.ok) throw new Error(`${recovery_action}: ${answer.status} ${await answer.text()}`)
}

/** Moves the offset that the stored checkpoint says it reached. */
async function moveCheckpoint(url: string, by: number): Promise<void> {
  const client = await MongoClient.connect(url)
  try {
    const log = client.db('prooftrail').collection<{ _id: string }>('trails.log')
    const head = await log.findOne({ _id: 'checkpoint' })
    const next_offset = Number(Object(head).next_offset) + by
    await log.updateOne({ _id: 'checkpoint' }, { $set: { next_offset } })
  } finally {
    await client.close()
  }
}

/** The ten of a game day, in the order in which they are played. */
export const drills: readonly Drill[] = [
  serviceKilled,
  messageParked,
  creditsPending,
  callbackExhausted,
  executorAway,
  ordersWait,
  checkpointOld,
  databaseAway,
  brokerAway,
  logStopped,
]
