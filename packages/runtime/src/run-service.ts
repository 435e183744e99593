import {
  topics as catalogue,
  checkTopicsInUse,
  type MetricTable,
  type TopicName,
  topicFor,
} from '@prooftrail/contracts'
import type { TrailKey } from '@prooftrail/trail'
import type { Logger } from 'pino'
import { certificateEnds } from './certificates.ts'
import type { AdmissionControl } from './consumer/admission.ts'
import type { Fold, Folding } from './consumer/fold.ts'
import { TopicFold } from './consumer/topic-fold.ts'
import { equip } from './define-service.ts'
import { Store } from './documents/store.ts'
import type { Starting } from './health/starting.ts'
import { watchWriters } from './health/watch-writers.ts'
import { Watchdog } from './health/watchdog.ts'
import type { Host } from './host.ts'
import { type Door, openDoor } from './http/server.ts'
import { type Loop, startLoop } from './loop.ts'
import type { Handles, Reads } from './metric-handles.ts'
import { makeMetrics, type ServiceMetrics } from './metrics.ts'
import { OutboxPublisher } from './outbox/publisher.ts'
import { DecidedParked } from './parked/decided-parked.ts'
import { heedingOperators } from './rounds/forget.ts'
import { serveRoutes } from './serve-routes.ts'
import type { Behaviour, ChangedDocument, Emitted, Input, Measured, Service } from './service.ts'
import type { Definition } from './service-types.ts'
import { Shutdown, type Stoppable } from './shutdown.ts'
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

/** What a service's tools may be made of. */
export interface Basics<S, I extends Input> {
  host: Host
  /** The service's own documents. */
  store: Store<S>
  log: Logger
  /** Feeds an input of the service's own; waits for the loop, then for the save and the publish. */
  submit(doc: string, input: I): Promise<void>
  /**
   * Has a topic of one partition folded beside the loop, from when the loop consumes until it is
   * stopped. Its outages and its faults show in `/readyz`, its silence in `/healthz`.
   */
  fold<T extends TopicName>(topic: T, fold: Fold<T>): Folding
  /** Makes the metrics of the service's own table (`src/metric-table.ts`); `/metrics` shows them. */
  metrics<T extends MetricTable>(table: T, reads?: Reads<T>): Handles<T>
}

/** A service's tools, and what runs beside its loop. */
export interface Opened<T, M = never, S = never> {
  tools: T
  /** Told of the service's documents that changed, as `Service.changed` is. */
  changed?(documents: readonly ChangedDocument<S>[], isStored: boolean): void
  /**
   * Called with each event once it is saved, for the metrics of the service's own. One may come
   * again after a crash; counters of a process that died are gone with it.
   */
  measure?(measured: M): void
  /** How fast one of the topics is taken. */
  admission?: AdmissionControl
  /** Called when the loop consumes; what it answers is stopped before the loop. */
  start?(): Promise<Stoppable>
  /** Called when the loop has stopped, or could not be started. */
  close?(): Promise<void>
}

export interface RunOptions<S, I extends Input, E extends Emitted, T> {
  port: number
  /** The deployment's own keys: an operator's word is known by them (`run.forgotten`). */
  serviceKeys?: readonly TrailKey[]
  /** Opens what the service works with; absent where its tools are undefined. */
  open?(
    basics: Basics<S, I>,
  ): Promise<Opened<T, Measured<S, I, E>, S>> | Opened<T, Measured<S, I, E>, S>
}

/** A fold as the service runs it. */
type RunningFold = Stoppable &
  Pick<TopicFold<TopicName>, 'start' | 'failing' | 'turnedAt' | 'turns'>

/** Opens a service's store. */
function openStore<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Pick<Behaviour<S, I, E, C>, 'collection' | 'initial' | 'index' | 'indexes'>,
): Store<S> {
  const { instance, config } = host
  const { mongodb, saveWithinMs: deferMs } = config
  return new Store(host.db, { ...service, instance, dialect: mongodb.dialect, deferMs })
}

/**
 * Runs a service: indexes, schemas, tools, loop, routes. Resolves when it consumes and answers; waits
 * while the stack does not answer, and says so in the log and by `/readyz`.
 * @throws when what it meets does not pass, such as a schema that is not registered
 */
export async function runService<S, I extends Input, E extends Emitted, C, T>(
  host: Host,
  definition: Definition<S, I, E, C, T>,
  { port, serviceKeys, open }: RunOptions<S, I, E, T>,
): Promise<Running> {
  const log = host.log.child({ service: definition.name })
  const store = openStore(host, definition)
  const started = deferred<Loop>()
  const submit = async (doc: string, input: I) => (await started.promise).submit(doc, input)
  const metrics = makeMetrics(definition.name, true)
  metrics.live.certificateEnds = certificateEnds(host.config.kafka.ssl)
  const own: Basics<S, I>['metrics'] = (table, reads) => metrics.add(table, reads)
  const publisher = new OutboxPublisher(host.producer, isOfTool)
  const starting = host.starting.of(definition.name)
  const folds: RunningFold[] = []
  const fold: Basics<S, I>['fold'] = (topic, fold) => {
    const { kafka, codec } = host
    const reader = { name: definition.name, codec }
    const made = new TopicFold({ kafka, topic, fold, reader, publisher, metrics, starting, log })
    folds.push(made)
    return made
  }
  const door = await doorOf(host, port, starting)
  /** First to last as they are to be stopped. */
  const parts: Part[] = [{ part: door.part, name: 'its door' }]
  try {
    const opened = await starting.step('its stores', async () => {
      folds.length = 0
      // Only a service whose tools are undefined has none to open.
      return (
        (await open?.({ host, store, log, submit, fold, metrics: own })) ?? {
          tools: undefined as T,
        }
      )
    })
    parts.push({ part: { stop: async () => opened.close?.() }, name: 'its stores' })
    const { admission, measure, changed } = opened
    const service = {
      ...equip(heedingOperators(definition, serviceKeys), opened.tools),
      ...(measure && { measure }),
      ...(changed && { changed }),
    }
    const given = { log, metrics, publisher, admission, starting }
    const loop = await openLoop(host, service, store, given)
    parts.unshift({ part: loop, name: 'its loop' })
    const watchdog = new Watchdog([loop, ...folds], log)
    parts.unshift({ part: watchdog, name: 'its watchdog' })
    started.resolve(loop)
    // What people decided about parked messages is a service's to do; a tool hears its commands alone.
    if (definition.tool === undefined) {
      const { kafka, producer, codec } = host
      const discard = (doc: string, input: string) => loop.discard(doc, input)
      const given = { kafka, producer, codec, publisher, metrics, starting, log, discard }
      folds.push(new DecidedParked({ service: definition.name, ...given }))
    }
    // A tool may not ask the broker, and believes nothing but its own commands.
    const writers =
      definition.tool === undefined
        ? watchWriters({ host, service: definition.name, metrics, log })
        : undefined
    if (writers) parts.push({ part: writers, name: 'its look at ACLs' })
    const serving = { host, door: door.door, loop, folds, watchdog, writers, metrics, store, log }
    serveRoutes(definition, opened.tools, serving)
    for (const one of folds) {
      parts.unshift({ part: one, name: 'a fold' })
      await one.start()
    }
    if (opened.start) {
      parts.unshift({ part: await opened.start(), name: 'what runs beside its loop' })
    }
    const { url } = door.door
    log.info({ url }, 'running')
    return {
      name: definition.name,
      url,
      // The service's own input union is what its adapters submit.
      submit: (doc, input) => loop.submit(doc, input),
      discard: (doc, input) => loop.discard(doc, input),
      idle: () => loop.idle(),
      async stop() {
        await stopAll(definition.name, parts, host.config.stopWithinMs)
        log.info('stopped')
      },
    }
  } catch (error) {
    started.reject(error)
    await stopAll(definition.name, parts, host.config.stopWithinMs).catch(() => undefined)
    throw error
  }
}

/** What is stopped, as people are told of it. */
interface Part {
  part: Stoppable
  name: string
}

/** Of a stop's time, what a service may take; its connections have the rest. */
const STOP_SHARE = 0.75

/** One after the other; one fault keeps no other part from stopping. */
function stopAll(service: string, parts: readonly Part[], withinMs: number): Promise<void> {
  const all = new Shutdown(withinMs * STOP_SHARE)
  for (const { part, name } of parts.toReversed()) all.add(part, `${service}: ${name}`)
  return all.stop()
}

/** A promise that is settled from outside; nobody has to wait for it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((...both) => {
    ;[resolve, reject] = both
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** The process's own door, where it is this service's, else one that opens here. */
async function doorOf(
  host: Host,
  port: number,
  starting: Starting,
): Promise<{ door: Door; part: Stoppable }> {
  const isOpen = host.door !== undefined && host.door.port === port
  const address = { host: host.config.host, port }
  const door = isOpen && host.door ? host.door : await openDoor(address, () => starting.waiting())
  return { door, part: { stop: () => door.close() } }
}

interface LoopParts {
  starting: Starting
  log: Logger
  metrics: ServiceMetrics
  publisher: OutboxPublisher
  admission: AdmissionControl | undefined
}

/** Schemas and indexes, then the loop. */
async function openLoop<S, I extends Input, E extends Emitted, C>(
  host: Host,
  service: Service<S, I, E, C>,
  store: Store<S>,
  { log, metrics, publisher, admission, starting }: LoopParts,
): Promise<Loop> {
  // The command topics are one per tool: `decide` asks for a tool's schema when it has a command.
  const written = (service.writes ?? []).filter((name) => !catalogue[name].per_tool)
  const parked = service.tool === undefined ? ('parked' as const) : ('tool.parked' as const)
  const named = [...written, parked]
  const waiting = new WaitingMessages(host.db, service.collection)
  await Promise.all([
    starting.step('the registry', () => host.codec.ready(named, service.tool)),
    starting.step('mongodb', () => Promise.all([store.prepare(), waiting.prepare()])),
    starting.step('kafka', () => checkOwnTopics(host, service, [...service.consumes, ...named])),
  ])
  const topics = service.consumes.map((name) => topicFor(name, service.tool))
  const group = service.group ?? `prooftrail.${service.name}`
  if (admission) metrics.live.admission = () => admission.readings()
  return startLoop(service, {
    ...{ kafka: host.kafka, codec: host.codec },
    ...{ store, metrics, publisher, log, topics, group, starting },
    ...(admission ? { admission } : {}),
    waiting,
    scanMs: host.config.mongodb.dialect.scanMs,
    traces: host.tracing?.of(service.name, group),
  })
}

/**
 * A topic with other settings than promised would lose facts, or have producers say what time it is.
 * Who may not see the settings goes on without.
 */
async function checkOwnTopics(
  { kafka, log }: Host,
  { tool }: { tool?: string },
  names: readonly TopicName[],
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    await checkTopicsInUse(admin, [...new Set(names)], tool)
  } catch (error) {
    if (!/AUTHORIZATION_FAILED/.test(Object(error).type)) throw error
    log.warn(
      { err: error },
      'the settings of topics are not checked: DescribeConfigs is not granted',
    )
  } finally {
    await admin.disconnect()
  }
}

function isOfTool(topic: string): boolean {
  return topic.startsWith('prooftrail.execution.commanded.')
}
