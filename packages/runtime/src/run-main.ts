import type { Logger } from 'pino'
import { readHostConfig } from './config.ts'
import type { Env } from './env.ts'
import { Starting } from './health/starting.ts'
import { watchThread } from './health/watch-thread.ts'
import { connectHost, type Host, sayTo } from './host.ts'
import { openGroupProbes } from './http/group-probes.ts'
import { openDoor } from './http/server.ts'
import { makeLog } from './log.ts'
import { onSignals, Shutdown, StopIncomplete, type Stoppable, Together } from './shutdown.ts'

/** A service as a process is to run it. */
export interface Main {
  name: string
  env: Env
  /** @throws ConfigError naming the value that is wrong */
  read(env: Env): { port: number; start(host: Host): Promise<Stoppable> }
}

/** A service by its two functions. */
export function mainOf<Config extends { port: number }>(
  name: string,
  env: Env,
  readConfig: (env: Env) => Config,
  start: (host: Host, config: Config) => Promise<Stoppable>,
): Main {
  const read = (given: Env) => {
    const config = readConfig(given)
    return { port: config.port, start: (host: Host) => start(host, config) }
  }
  return { name, env, read }
}

/** A service as a process of its own, told by the environment: `runTogether` of one. */
export function runMain<Config extends { port: number }>(
  name: string,
  readConfig: (env: Env) => Config,
  start: (host: Host, config: Config) => Promise<Stoppable>,
): Promise<void> {
  return runTogether([mainOf(name, process.env, readConfig, start)])
}

/**
 * Services that share a process: read what each is told, listen, connect, start, stop on signals. Each
 * has its own door and its own user at the servers, answers probes from the beginning and waits for
 * what does not answer yet. A bad value stops the start with its name and exit code 78 (EX_CONFIG).
 * @param probes where the process itself answers `/healthz` and `/readyz`: as the worst of its services
 */
export async function runTogether(mains: readonly Main[], probes?: number): Promise<void> {
  const all = mains.map(({ name }) => name).join(',')
  let shutdown = new Shutdown()
  try {
    const services = mains.map(({ name, env, read }) => ({
      // what it is told alone is looked at before what all are told
      ...{ name, ...read(env) },
      config: readHostConfig(env),
    }))
    const stopWithinMs = Math.max(...services.map(({ config }) => config.stopWithinMs))
    shutdown = new Shutdown(stopWithinMs)
    const parts = [new Together(), new Together(), new Together()] as const
    const [doors, connections, running] = parts
    shutdown.add(doors, 'its door')
    shutdown.add(connections, 'its connections')
    shutdown.add(running, 'the service')
    const watched = watchThread({ service: all })
    const listening = await Promise.all(services.map((one) => listen(one, doors)))
    if (probes !== undefined) {
      const [{ config }] = listening as [Listening]
      const members = listening.map(({ name, door, config: { host } }) => {
        return { name, host, port: door.port }
      })
      const own = await openGroupProbes({ host: config.host, port: probes }, members)
      doors.add({ stop: () => own.close() })
    }
    const hosts = await Promise.all(listening.map((one) => connect(one, connections)))
    const [{ log }] = hosts as [Host]
    const failed = (error: unknown) => log.warn({ service: all, ...aboutStop(error) }, 'stopped')
    onSignals(shutdown, failed, () => watched.endWithin(stopWithinMs + GRACE_MS))
    await Promise.all(
      listening.map(async ({ start, door }, at) => {
        running.add(await start({ ...(hosts[at] as Host), door }))
      }),
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${all}: ${message}\n`)
    await shutdown.stop().catch(() => undefined)
    process.exit(error instanceof Error && error.name === 'ConfigError' ? 78 : 1)
  }
}

type Told = ReturnType<Main['read']> & Pick<Main, 'name'> & Pick<Host, 'config'>
type Listening = Awaited<ReturnType<typeof listen>>

/** Opens the service's door, which tells what its start waits for. */
async function listen(one: Told, doors: Together) {
  const log: Logger = makeLog(undefined, one.config.logLevel)
  const starting = new Starting(sayTo(log.child({ service: one.name })))
  const address = { host: one.config.host, port: one.port }
  const door = await openDoor(address, () => starting.waiting())
  doors.add({ stop: () => door.close() })
  return { ...one, log, starting, door }
}

async function connect(
  { config, name, log, starting }: Listening,
  connections: Together,
): Promise<Host> {
  const host = await connectHost(config, name, log, starting)
  connections.add({ stop: () => host.close() })
  return host
}

/** What a stop that hangs in a loop which lets no timer run has beyond its time. */
const GRACE_MS = 3_000

function aboutStop(error: unknown): object {
  if (!(error instanceof StopIncomplete)) return { err: error }
  return { code: error.code, left: error.left }
}
