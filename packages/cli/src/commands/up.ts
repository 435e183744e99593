import { showProgress } from '../demo/progress.ts'
import { CommandError } from '../fault.ts'
import { defaultGroups } from '../groups.ts'
import { colour, mark, type Output } from '../output.ts'
import { buildPage } from '../page-build.ts'
import { startWorld } from '../world.ts'
import { pageLink } from './console.ts'

/** What is open on this machine and not in a deployment. */
const OPEN_HERE =
  '  Open here: every door (OPEN_ACCESS=1), and a tool’s name goes to who announces it first (TOOL_REGISTRATION=open).'

export interface UpOptions {
  processes?: boolean
  groups?: number
  cluster?: boolean
  allowNetwork?: string
  /** Users at the brokers; a text names agents that get one too. */
  users?: string | true
}

/** Stack and services, without the demo's orders, until a signal, which ends a start that waits, too. */
export async function up(options: UpOptions, out: Output, stopped: Promise<void>): Promise<void> {
  const progress = showProgress(out)
  const giveUp = new AbortController()
  void stopped.then(() => giveUp.abort())
  if (options.cluster) {
    out.say('  three brokers with 320 MB each, a registry, MongoDB; every message on all three,')
    out.say('  counted once it is on two. 1.1 to 1.7 GB without the services.')
  }
  const page = buildPage(progress.step)
  const starting = startWorld({
    onStep: progress.step,
    signal: giveUp.signal,
    ...(options.processes ? { processes: true } : {}),
    groups: options.groups ?? defaultGroups(),
    ...(options.cluster ? { cluster: true } : {}),
    ...(options.users ? { users: { agents: agentsIn(options.users) } } : {}),
    ...(options.allowNetwork ? { allowedNetworks: options.allowNetwork.split(',') } : {}),
  })
  const world = await starting.catch((error: unknown) => {
    if (giveUp.signal.aborted) return undefined
    throw error
  })
  if (world === undefined) {
    process.exitCode = 130
    return
  }
  try {
    await page
    progress.end()
    world.markReady()
    for (const [name, url] of world.urls) out.say(`  ${name.padEnd(12)} ${colour.dim(url)}`)
    const brokers = world.stack.kafka.brokers.length
    out.say(
      `${mark('ok')} up on ${world.stack.source} servers, ${brokers === 1 ? 'one broker' : `${brokers} brokers`}; MongoDB is ${world.stack.mongodb.kind}. Ctrl-C stops it.`,
    )
    out.say(`  page         ${pageLink(world.urls.get('console') ?? '', world.keys.dir)}`)
    out.say(colour.dim(OPEN_HERE))
    if (options.users) {
      out.say(colour.dim(`  passwords at the broker: ${world.keys.dir}/kafka-*.secret`))
    }
    const ended = await Promise.race([stopped, world.ended])
    if (ended !== undefined) throw new CommandError('PT-8003', `${ended}; see ${world.logFile}`)
  } finally {
    await world.stop()
  }
}

/** Agents that get a user at the brokers too. */
function agentsIn(users: string | true): string[] {
  return users === true ? [] : users.split(',').filter(Boolean)
}
