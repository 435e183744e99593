import { readHostConfig } from './config.ts'
import type { Env } from './env.ts'
import { connectHost, type Host } from './host.ts'
import { onSignals, Shutdown } from './shutdown.ts'

/**
 * A service as a process of its own: read the environment, connect, start, stop on signals.
 * A bad value stops the start with its name and exit code 78 (EX_CONFIG).
 */
export async function runMain<Config>(
  name: string,
  readConfig: (env: Env) => Config,
  start: (host: Host, config: Config) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  const shutdown = new Shutdown()
  let host: Host | undefined
  try {
    const config = readConfig(process.env)
    const hostConfig = readHostConfig(process.env)
    host = await connectHost(hostConfig, name)
    const opened = host
    shutdown.add({ stop: () => opened.close() })
    onSignals(shutdown, (error) => opened.log.error({ service: name, err: error }, 'stop failed'))
    shutdown.add(await start(host, config))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${name}: ${message}\n`)
    await shutdown.stop().catch(() => undefined)
    process.exit(error instanceof Error && error.name === 'ConfigError' ? 78 : 1)
  }
}
