import { readHostConfig } from './config.ts'
import type { Env } from './env.ts'
import { Starting } from './health/starting.ts'
import { watchThread } from './health/watch-thread.ts'
import { connectHost, type Host, sayTo } from './host.ts'
import { openDoor } from './http/server.ts'
import { makeLog } from './log.ts'
import { onSignals, Shutdown, StopIncomplete } from './shutdown.ts'

/**
 * A service as a process of its own: read the environment, listen, connect, start, stop on signals. It
 * answers probes from the beginning and waits for what does not answer yet.
 * A bad value stops the start with its name and exit code 78 (EX_CONFIG).
 */
export async function runMain<Config extends { port: number }>(
  name: string,
  readConfig: (env: Env) => Config,
  start: (host: Host, config: Config) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  let shutdown = new Shutdown()
  try {
    const config = readConfig(process.env)
    const hostConfig = readHostConfig(process.env)
    const { stopWithinMs } = hostConfig
    shutdown = new Shutdown(stopWithinMs)
    const log = makeLog(undefined, hostConfig.logLevel)
    const starting = new Starting(sayTo(log.child({ service: name })))
    const door = await openDoor({ host: hostConfig.host, port: config.port }, () =>
      starting.waiting(),
    )
    const watched = watchThread({ service: name })
    shutdown.add({ stop: () => door.close() }, 'its door')
    const host = await connectHost(hostConfig, name, log, starting)
    shutdown.add({ stop: () => host.close() }, 'its connections')
    const failed = (error: unknown) => log.error({ service: name, ...aboutStop(error) }, 'stopped')
    onSignals(shutdown, failed, () => watched.endWithin(stopWithinMs + GRACE_MS))
    shutdown.add(await start({ ...host, door }, config), 'the service')
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${name}: ${message}\n`)
    await shutdown.stop().catch(() => undefined)
    process.exit(error instanceof Error && error.name === 'ConfigError' ? 78 : 1)
  }
}

/** What a stop that hangs in a loop which lets no timer run has beyond its time. */
const GRACE_MS = 3_000

function aboutStop(error: unknown): object {
  if (!(error instanceof StopIncomplete)) return { err: error }
  return { code: error.code, left: error.left }
}
