import { type CodeTable, type TopicName, topicFor } from '@prooftrail/contracts'
import express, { type Express } from 'express'
import { codes } from './codes.ts'
import { type Env, readHostConfig } from './config.ts'
import type { AdmissionControl } from './consumer/admission.ts'
import { type Reader, Store } from './documents/store.ts'
import { connectHost, type Host, writtenBy } from './host.ts'
import { type Access, makeAccess } from './http/access.ts'
import { problem, serveHttp } from './http/server.ts'
import { type Loop, startLoop } from './loop.ts'
import { makeMetrics, type ServiceMetrics } from './metrics.ts'
import { makePublish } from './outbox/publisher.ts'
import type { Emitted, Input, Service } from './service.ts'
import { onSignals, Shutdown } from './shutdown.ts'
import { WaitingMessages } from './timers/waiting-messages.ts'

/** A running service, in this process. */
export interface Running {
  name: string
  url: string
  /** Feeds an input of the service's own; resolves when it was saved and published. */
  submit(doc: string, input: Input): Promise<void>
  /** Gives a parked input up (PT-9005, PT-9006), so that what follows in its document goes on. */
  discard(doc: string, input: string): Promise<void>
  /** Resolves when nothing is queued or running now. */
  idle(): Promise<void>
  stop(): Promise<void>
}

export interface RunOptions<S> {
  port: number
  /** The service's own codes: their titles stand in problem documents. */
  codes?: CodeTable
  routes?: (app: Express, tools: { store: Reader<S>; access: Access; host: Host }) => void
  /** Topics that the service writes besides those that the catalogue says. */
  writes?: readonly TopicName[]
  /** What else must be well for `/readyz`; answers the fault. */
  ready?: () => Promise<string | undefined>
  /** How fast one of the topics is taken. */
  admission?: AdmissionControl
}

/** A turn of the loop is due at least this often. */
const LIVENESS_MS = 60_000
/** The stand-in has no range indexes: there, asking the database is kept rare. */
const SCAN_MS = { mongod: 5_000, standIn: 600_000 } as const

/** Opens a service's store, so that `prepare` and routes can read it. */
export function openStore<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Pick<Service<S, I, E, C>, 'collection' | 'initial' | 'index' | 'indexes' | 'stateText'>,
): Store<S> {
  return new Store(host.db, { ...service, standIn: host.config.standIn })
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
  const topics = service.consumes.map((name) => topicFor(name, service.tool))
  const group = service.group ?? `prooftrail.${service.name}`
  const loop = await startLoop(service, {
    ...{ kafka: host.kafka, codec: host.codec, instance: host.instance },
    ...{ store, metrics, log, topics, group },
    ...(options.admission ? { admission: options.admission } : {}),
    waiting: new WaitingMessages(host.db, service.collection),
    publish: makePublish(host.producer, isOfTool),
    saveWithinMs: host.config.saveWithinMs,
    scanMs: host.config.standIn ? SCAN_MS.standIn : SCAN_MS.mongod,
  })
  const silence = () => Date.now() - loop.turnedAt()
  metrics.live.silence = () => silence() / 1000
  const { admission } = options
  if (admission) metrics.live.admission = () => admission.readings()
  const access = makeAccess(host.config.access)
  const http = await serveHttp(
    options.port,
    {
      metrics: metrics.registry,
      health: () => {
        const ms = silence()
        return ms > LIVENESS_MS ? `the loop has not turned for ${ms} ms` : undefined
      },
      ready: async () => loop.failing() ?? (await options.ready?.()),
    },
    (app) => {
      const entries = Object.entries({ ...codes, ...options.codes })
      app.locals.titles = new Map(entries.map(([code, { title }]) => [code, title]))
      addDiscard(app, access, loop)
      options.routes?.(app, { store, access, host })
    },
    log,
  ).catch(async (error: unknown) => {
    await loop.stop()
    throw error
  })
  log.info({ url: http.url }, 'running')
  return {
    name: service.name,
    url: http.url,
    submit: (doc, input) => loop.submit(doc, input),
    discard: (doc, input) => loop.discard(doc, input),
    idle: () => loop.idle(),
    async stop() {
      await loop.stop()
      await http.close()
      log.info('stopped')
    },
  }
}

/** POST /v1/parked/discard {document, input}: an operator gives a parked input up. */
function addDiscard(app: Express, access: Access, loop: Loop): void {
  app.post('/v1/parked/discard', access.requireOperator, express.json(), async (req, res) => {
    const { document, input } = req.body ?? {}
    if (typeof document !== 'string' || typeof input !== 'string') {
      problem(res, 400, 'PT-9033', 'the body is {document, input}, both text')
      return
    }
    await loop.discard(document, input)
    res.json({ document, input, status: 'discarded' })
  })
}

function isOfTool(topic: string): boolean {
  return topic.startsWith('prooftrail.execution.commanded.')
}

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
    onSignals(shutdown, (error) => opened.log.error({ err: error }, 'stop failed'))
    shutdown.add(await start(host, config))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${name}: ${message}\n`)
    await shutdown.stop().catch(() => undefined)
    process.exit(error instanceof Error && error.name === 'ConfigError' ? 78 : 1)
  }
}
