import { readdirSync } from 'node:fs'
import { relative } from 'node:path'
import { openPublisher } from '@prooftrail/agent-sdk'
import { parseKeySet } from '@prooftrail/trail'
import { addAgent, provenJwk } from '../commands/agents.ts'
import { pageLink } from '../commands/console.ts'
import { fundAccount } from '../commands/credits.ts'
import { fetchKeys } from '../commands/trail.ts'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { buildPage } from '../page-build.ts'
import { toolTable } from '../tools/table.ts'
import { viewTools } from '../tools/view.ts'
import { serviceUrl, startWorld, type World } from '../world.ts'
import { demoOrders } from './orders.ts'
import { openOutDir } from './out-dir.ts'
import { showProgress } from './progress.ts'
import { putRight } from './put-right.ts'
import { startReceiver } from './receiver.ts'
import { type OrderContext, runOrder, type Shown } from './run-order.ts'

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
    // beside the servers' start, which takes longer
    const page = buildPage(progress.step)
    world = await startWorld({
      allowedNetworks: [ALLOWED_NETWORK],
      allowedPorts: [Number(new URL(receiver.url).port)],
      onStep: progress.step,
      ...(options.processes ? { processes: true } : {}),
    })
    await page
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
    let verified = true
    const { kafka, registry } = world.stack
    const publisher = await openPublisher({ kafka, registry })
    const interrupted = stopped.then(() => {
      throw new CommandError('PT-8005', 'interrupted before all orders were sealed')
    })
    const context: OrderContext = {
      ...{ agent: AGENT, out, own, receiver: receiver.url },
      publish: (signed) => publisher.publish(signed),
    }
    const keep = ({ id, bundle, ok }: Shown) => {
      dir?.trail(id, bundle)
      if (!ok) verified = false
      return ok
    }
    try {
      for (const order of demoOrders) {
        const isGood = keep(await Promise.race([runOrder(order, context), interrupted]))
        if (isGood && order === demoOrders[0]) {
          out.say(
            colour.dim(
              `  first trail verified ${((Date.now() - began) / 1000).toFixed(1)} s after the start\n`,
            ),
          )
        }
      }
      keep(await Promise.race([putRight(context), interrupted]))
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
  row('page', colour.bold(pageLink(world.urls.get('console') ?? '', world.keys.dir)))
  row('', colour.dim('signs in once; another: npx prooftrail console'))
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
