import {
  type BrokerAnswer,
  topics as catalogue,
  describeOpen,
  openTopics,
  readTopicAcls,
  TOPIC_NAMES,
  topicFor,
} from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import type { ServiceMetrics } from '../metrics.ts'
import { isLoopback } from '../servers-config.ts'
import type { Stoppable } from '../shutdown.ts'

/** What is not as it should be, and stops nothing. */
export interface Warning {
  code: 'PT-9040' | 'PT-9041'
  detail: string
}

export interface WritersWatch extends Stoppable {
  warnings(): readonly Warning[]
}

export interface WatchOptions {
  host: { kafka: Pick<Kafka, 'admin'>; config: { kafka: { brokers: readonly string[] } } }
  /** Who reads: as the catalogue names it. */
  service: string
  metrics: Pick<ServiceMetrics, 'live'>
  log: Logger
}

const EVERY_MS = 15 * 60_000
/** The broker does not tell. */
const UNKNOWN = -1

/**
 * Asks the broker at the start, and now and then, who else may write what the service reads. It warns
 * and stops nothing: what services say to each other is believed because of where it stands, and who
 * may stand there is the deployment's to say.
 */
export function watchWriters(options: WatchOptions): WritersWatch {
  const { host, service, metrics, log } = options
  const { kafka, config } = host
  const topics = topicsReadBy(service)
  const isLocal = config.kafka.brokers.every((broker) => isLoopback(broker.replace(/:\d+$/, '')))
  let warnings: readonly Warning[] = []
  let told = ''

  async function ask(): Promise<void> {
    try {
      const answer = await askOnce(kafka)
      warnings = warningsOf(answer, topics, isLocal)
      metrics.live.openTopics = countOpen(answer, topics)
      const text = JSON.stringify(warnings)
      if (text === told) return
      told = text
      for (const { code, detail } of warnings) log.warn({ code }, detail)
      if (answer.state === 'none' && isLocal) tellOnce(kafka, log)
    } catch (error) {
      log.debug({ err: error }, 'the broker could not be asked who may write')
    }
  }

  metrics.live.openTopics = UNKNOWN
  let asking = ask()
  const timer = setInterval(() => {
    asking = asking.then(ask)
  }, EVERY_MS)
  return {
    warnings: () => warnings,
    async stop() {
      clearInterval(timer)
      await asking
    },
  }
}

/** Topics that a service believes. */
function topicsReadBy(service: string): string[] {
  return TOPIC_NAMES.filter((name) => catalogue[name].readers.includes(service)).map((name) =>
    topicFor(name),
  )
}

function warningsOf(answer: BrokerAnswer, topics: readonly string[], isLocal: boolean): Warning[] {
  if (answer.state === 'none' && !isLocal) {
    const detail = 'the broker has no authorizer: everybody who reaches it may write every topic'
    return [{ code: 'PT-9041', detail }]
  }
  if (answer.state !== 'known') return []
  return openTopics(answer.acls, topics).map((one) => ({
    code: 'PT-9040' as const,
    detail: describeOpen(one),
  }))
}

function countOpen(answer: BrokerAnswer, topics: readonly string[]): number {
  if (answer.state === 'hidden') return UNKNOWN
  if (answer.state === 'none') return topics.length
  return new Set(openTopics(answer.acls, topics).map(({ topic }) => topic)).size
}

/** Services of one process ask together, and a broker of this machine is told of once. */
const asked = new WeakMap<object, { at: number; answer: Promise<BrokerAnswer> }>()
const toldOf = new WeakSet<object>()
const TOGETHER_MS = 60_000

function askOnce(kafka: Pick<Kafka, 'admin'>): Promise<BrokerAnswer> {
  const last = asked.get(kafka)
  if (last && Date.now() - last.at < TOGETHER_MS) return last.answer
  const answer = askBroker(kafka)
  asked.set(kafka, { at: Date.now(), answer })
  answer.catch(() => asked.delete(kafka))
  return answer
}

async function askBroker(kafka: Pick<Kafka, 'admin'>): Promise<BrokerAnswer> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await readTopicAcls(admin)
  } finally {
    await admin.disconnect()
  }
}

function tellOnce(kafka: object, log: Logger): void {
  if (toldOf.has(kafka)) return
  toldOf.add(kafka)
  log.info('the broker is this machine’s alone and asks nobody who they are')
}
