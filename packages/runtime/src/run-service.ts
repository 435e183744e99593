import { type TopicName, topicFor } from '@prooftrail/contracts'
import type { Express } from 'express'
import { type Access, makeAccess } from './access.ts'
import { type Env, readHostConfig } from './config.ts'
import { connectHost, type Host, writtenBy } from './host.ts'
import { serveHttp } from './http.ts'
import { startLoop } from './loop.ts'
import { makeMetrics, type ServiceMetrics } from './metrics.ts'
import { makePublish } from './relay.ts'
import type { Emitted, Input, Service } from './service.ts'
import { onSignals, Shutdown } from './shutdown.ts'
import { type Reader, Store } from './store.ts'

/** A running service, in this process. */
export interface Running {
  name: string
  url: string
  /** Feeds an input of the service's own; resolves when it was saved and published. */
  submit(doc: string, input: Input): Promise<void>
  /** Resolves when nothing is queued or running now. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export interface RunOptions<S> {
  port: number
  routes?: (app: Express, tools: { store: Reader<S>; access: Access; host: Host }) => void
  /** Topics that the service writes besides those that the catalogue says. */
  writes?: readonly TopicName[]
  /** What else must be well for `/readyz`; answers the fault. */
  ready?: () => Promise<string | undefined>
}

/** A turn of the loop is due at least this often. */
const LIVENESS_MS = 60_000
/** The stand-in has no range indexes: there, asking the database is kept rare. */
const SWEEP_MS = { mongod: 5_000, standIn: 60_000 } as const

/** Opens a service's store, so that `prepare` and routes can read it. */
export function openStore<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Pick<Service<S, I, E, C>, 'collection' | 'initial' | 'index' | 'indexes'>,
): Store<S> {
  return new Store(host.db, service)
}

/**
 * Runs a service: indexes, schemas, loop, doors. Resolves when it consumes and answers.
 * @throws when the stack cannot be reached or a schema is not registered.
 */
export async function runService<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Service<S, I, E, C>,
  options: RunOptions<S>,
  store: Store<S> = openStore(host, service),
): Promise<Running> {
  const log = host.log.child({ service: service.name })
  const metrics: ServiceMetrics = makeMetrics(service.name, true)
  const written = [
    ...new Set([...writtenBy(service.name), ...(options.writes ?? []), 'parked' as const]),
  ]
  await Promise.all([host.codec.ready(written, service.tool), store.prepare()])
  const publish = makePublish(host.producer, isOfTool)
  const loop = await startLoop(service, {
    kafka: host.kafka,
    codec: host.codec,
    store,
    publish,
    metrics,
    log,
    topics: service.consumes.map((name) => topicFor(name, service.tool)),
    group: service.group ?? `prooftrail.${service.name}`,
    instance: host.instance,
    sweepMs: host.config.standIn ? SWEEP_MS.standIn : SWEEP_MS.mongod,
    park: async (entries) => {
      await host.producer.send({
        topic: topicFor('parked'),
        acks: -1,
        messages: entries.map(({ value }) => ({
          key: value.document ?? null,
          value: host.codec.encode('parked', value),
        })),
      })
    },
  })
  const access = makeAccess(host.config.access)
  const http = await serveHttp(
    options.port,
    {
      metrics: metrics.registry,
      health: () => {
        const silent = Date.now() - loop.turnedAt()
        return silent > LIVENESS_MS ? `the loop has not turned for ${silent} ms` : undefined
      },
      ready: async () => loop.failing() ?? (await options.ready?.()),
    },
    options.routes && ((app) => options.routes?.(app, { store, access, host })),
    log,
  )
  log.info({ url: http.url }, 'running')
  return {
    name: service.name,
    url: http.url,
    submit: (doc, input) => loop.submit(doc, input),
    idle: () => loop.idle(),
    async stop() {
      await loop.stop()
      await http.close()
      log.info('stopped')
    },
  }
}

function isOfTool(topic: string): boolean {
  return topic.startsWith('prooftrail.execution.commanded.')
}

/**
 * The whole `main.ts` of a service: read the environment, connect, start, stop on signals.
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
    onSignals(shutdown, (error) => opened.log.error({ err: error }, 'stop failed'))
    shutdown.add(await start(host, config))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${name}: ${message}\n`)
    await shutdown.stop().catch(() => undefined)
    process.exit(error instanceof Error && error.name === 'ConfigError' ? 78 : 1)
  }
}
