import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { basename, relative } from 'node:path'
import {
  followTask,
  makeWorkOrder,
  type OrderRequest,
  openPublisher,
  signWorkOrder,
  type TaskEvent,
} from '@prooftrail/agent-sdk'
import { parseKeySet, verifyTrail } from '@prooftrail/trail'
import { checkout } from '../checkout.ts'
import { addAgent, provenJwk } from '../commands/agents.ts'
import { fundAccount } from '../commands/credits.ts'
import { fetchKeys, fetchTrail } from '../commands/trail.ts'
import { eventLine, reasonLines } from '../commands/watch.ts'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { toolTable } from '../tools/table.ts'
import { viewTools } from '../tools/view.ts'
import { trailTree, verdictLines } from '../trail-tree.ts'
import { serviceUrl, startWorld, type World } from '../world.ts'
import { type DemoOrder, demoOrders } from './orders.ts'
import { openOutDir } from './out-dir.ts'
import { showProgress } from './progress.ts'
import { startReceiver } from './receiver.ts'

export interface DemoOptions {
  once?: boolean
  out?: string
  processes?: boolean
}

const AGENT = 'agent_demo'
const CREDITS = 1_000
/** The receiver is on this machine: an exception that the screen names. */
const ALLOWED_NETWORK = '127.0.0.1/32'

/** Runs the demo; answers true when every trail verified. Stops what it started unless it stays up. */
export async function runDemo(
  options: DemoOptions,
  out: Output,
  stopped: Promise<void>,
): Promise<boolean> {
  const began = Date.now()
  out.say(
    `${colour.bold('Prooftrail')} ${colour.dim('a work order travels its whole trail on real servers')}\n`,
  )
  // Before anything can fail, so that no earlier run's output is taken for this one's.
  const dir = options.out === undefined ? undefined : openOutDir(options.out, trailsIn(options.out))
  let secret = ''
  const receiver = await startReceiver(
    () => secret,
    async () => parseKeySet(await fetchKeys()),
  )
  const progress = showProgress(out)
  let world: World | undefined
  try {
    world = await startWorld({
      allowedNetworks: [ALLOWED_NETWORK],
      allowedPorts: [Number(new URL(receiver.url).port)],
      onStep: progress.step,
      ...(options.processes ? { processes: true } : {}),
    })
    progress.end()
    banner(world, out, options.processes === true)
    const own = world.keys.own(AGENT)
    const agent = await addAgent(AGENT, provenJwk(AGENT, own))
    secret = agent.webhook_secret
    await fundAccount(agent.account, CREDITS)
    out.say(`${mark('ok')} agent ${colour.bold(AGENT)} registered, ${CREDITS} credits funded`)
    out.say(
      `${mark('dot')} its callback receiver is on this machine; ${colour.yellow(`${ALLOWED_NETWORK} is allowed by name`)} for it\n`,
    )
    const context = { out, own, receiver: receiver.url }
    let verified = true
    const { kafka, registry } = world.stack
    const publisher = await openPublisher({ kafka, registry })
    const interrupted = stopped.then(() => {
      throw new CommandError('PT-8005', 'interrupted before all orders were sealed')
    })
    try {
      for (const order of demoOrders) {
        const run = runOrder(order, context, (signed) => publisher.publish(signed))
        const { id, bundle, ok } = await Promise.race([run, interrupted])
        dir?.trail(id, bundle)
        if (!ok) verified = false
        else if (order === demoOrders[0]) {
          out.say(
            colour.dim(
              `  first trail verified ${((Date.now() - began) / 1000).toFixed(1)} s after the start\n`,
            ),
          )
        }
      }
    } finally {
      await publisher.close()
    }
    for (const { checked } of receiver.received.values()) if (!checked.ok) verified = false
    out.say(
      `${mark(verified ? 'ok' : 'no')} ${receiver.received.size} callbacks received, each checked alone by its receiver`,
    )
    out.say(`\n${colour.bold('Tools')} ${colour.dim('npx prooftrail tools list')}`)
    out.say(`${toolTable(await viewTools(), Date.now())}\n`)
    if (dir) {
      dir.keys(await fetchKeys())
      dir.secrets(secret)
      dir.callbacks(receiver.received)
      await dir.log(serviceUrl('attestation'))
      out.say(`${mark('ok')} written to ${options.out}: trails, keys.json, log, callbacks`)
    }
    world.markReady()
    if (!options.once) {
      next(world, out)
      await stopped
      out.say('\nstopping …')
    }
    return verified
  } finally {
    progress.end()
    await receiver.stop()
    await world?.stop()
  }
}

interface OrderContext {
  out: Output
  own: Parameters<typeof signWorkOrder>[1]
  receiver: string
}

async function runOrder(
  order: DemoOrder,
  context: OrderContext,
  publish: (signed: ReturnType<typeof signWorkOrder>) => Promise<void>,
): Promise<{ id: string; bundle: unknown; ok: boolean }> {
  const { out } = context
  const file = relative(checkout, order.file)
  out.say(`${colour.bold(order.title)} ${colour.dim(file)}`)
  // The examples are requests; makeWorkOrder completes them.
  const request = readJsonFile(order.file) as OrderRequest
  const signed = signWorkOrder(
    makeWorkOrder({
      ...request,
      agent_id: AGENT,
      callback_url: request.callback_url ?? context.receiver,
      idempotency_key: `${basename(order.file, '.json')}-${randomUUID()}`,
    }),
    context.own,
  )
  const id = signed.object.work_order_id
  const started = Date.now()
  await publish(signed)
  out.say(eventLine(fact('agent', `signed and published ${id}`, started), started))
  const following = followTask(id, { console: serviceUrl('console'), everyMs: 40 })
  let next = await following.next()
  for (; !next.done; next = await following.next()) out.say(eventLine(next.value, started))
  for (const line of reasonLines(next.value)) out.say(line)
  const bundle = await fetchTrail(id)
  const keys = parseKeySet(await fetchKeys())
  const before = performance.now()
  const verdict = verifyTrail(bundle, keys)
  const took = performance.now() - before
  out.say('')
  for (const line of trailTree(verdict)) out.say(`  ${line}`)
  for (const line of verdictLines(verdict, took)) out.say(`  ${line}`)
  if (verdict.ok && verdict.verdict !== order.expect) {
    out.say(`  ${mark('no')} expected ${order.expect}`)
  }
  out.say('')
  return { id, bundle, ok: verdict.ok && verdict.verdict === order.expect }
}

function fact(stage: string, summary: string, at: number): TaskEvent {
  return { sequence: 0, type: stage, at: new Date(at).toISOString(), stage, summary }
}

function banner(world: World, out: Output, processes: boolean): void {
  const { kafka, registry, mongodb, source } = world.stack
  const row = (name: string, text: string) => out.say(`  ${pad(name, 10)} ${text}`)
  out.say('')
  row('stack', source)
  row('kafka', kafka.brokers.join(', '))
  row('registry', registry.url)
  row('mongodb', `${mongodb.url} ${colour.dim(mongodb.kind)}`)
  row('services', processes ? 'one process each' : 'in this process')
  for (const [name, url] of world.urls) row('', `${pad(name, 12)} ${colour.dim(url)}`)
  row('access', colour.yellow('open: no credentials are needed on this stack'))
  row('tools', colour.yellow('open: a name goes to who announces it first (TOOL_REGISTRATION)'))
  row('log file', relative(process.cwd(), world.logFile))
  out.say('')
}

function next(world: World, out: Output): void {
  const trails = world.urls.get('attestation')
  out.say(`\n${colour.bold('Try next')} ${colour.dim('(in another terminal, same folder)')}`)
  out.say('  npx prooftrail doctor')
  out.say(
    `  npx prooftrail submit examples/tokenops-complete.json --agent ${AGENT} --key .prooftrail/keys/${AGENT}.jwk --fresh`,
  )
  out.say('  npx prooftrail watch wo_…       follow one order')
  out.say('  npx prooftrail trail wo_…       see and save its proof')
  out.say('  npx prooftrail verify FILE --keys KEYS')
  out.say(`  curl ${trails}/checkpoint`)
  out.say(`\n${mark('ok')} everything stays up; ${colour.bold('Ctrl-C')} stops it`)
}

function trailsIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith('.trail.json'))
  } catch {
    return []
  }
}
