import { join } from 'node:path'
import { diagnoseTopics } from '@prooftrail/contracts'
import { findRunningStack, type KafkaAddress, readAddresses } from '@prooftrail/stack'
import { type WritersFinding, whoMayWrite } from '../acls/who-may-write.ts'
import { bareTable } from '../bare-table.ts'
import { home } from '../checkout.ts'
import { withAdmin } from '../kafka-client.ts'
import { colour, mark, type Output } from '../output.ts'
import { SERVICES } from '../service-list.ts'
import { findWorld } from '../world.ts'
import { type Away, askServers, whyOf } from './ask-servers.ts'
import { unevenTopics } from './topics.ts'

export interface Diagnosis {
  ready: boolean
  kafka?: { brokers: string[] } & Asked
  registry?: { url: string } & Asked
  mongodb?: { url: string; kind: string } & Asked
  /** Who may write topics, where the broker answers. */
  writers?: WritersFinding
  /** How topics differ from the catalogue, or why that is not known. */
  topics?: TopicsFinding
  services: Record<string, Answered & { url: string }>
}

/** What came of asking a server. */
interface Asked {
  /** Why it does not answer; absent: it does. */
  away?: string
}

interface TopicsFinding {
  ready: boolean
  detail: string[]
  /** Those with fewer partitions than others: nothing stops by it. */
  uneven?: string[]
}

interface Warning {
  code: string
  detail: string
}

/** What a service says of itself. */
interface Answered {
  ready: boolean
  detail?: string
  /** What is not as it should be, and stops nothing. */
  warnings?: Warning[]
}

/** What is up: the stack's addresses and every service's own answer. */
export async function diagnose(): Promise<Diagnosis> {
  const stack = readAddresses(process.env) ?? (await findRunningStack(join(home, 'data')))
  const world = findWorld()
  const urls = Object.entries(world?.services ?? {}).map(([name, { url }]) => [name, url] as const)
  for (const { name } of SERVICES) {
    const url = process.env[`${name.toUpperCase()}_URL`]
    if (url) urls.push([name, url])
  }
  const away = stack ? await askServers(stack) : {}
  const asked = (name: keyof Away): Asked => (away[name] ? { away: away[name] } : {})
  const broker = away.kafka ? undefined : stack?.kafka
  const [writers, topics, ...answers] = await Promise.all([
    broker && whoMayWrite(broker),
    broker && topicsOf(broker),
    ...urls.map(async ([name, url]) => [name, { url, ...(await probe(url)) }] as const),
  ])
  const services = Object.fromEntries(answers)
  const isReady = answers.length > 0 && answers.every(([, one]) => one.ready)
  const isUp = Object.keys(away).length === 0 && topics?.ready !== false
  return {
    ready: isReady && isUp && (world?.ready ?? true),
    ...(stack
      ? {
          kafka: { brokers: stack.kafka.brokers, ...asked('kafka') },
          registry: { url: stack.registry.url, ...asked('registry') },
          mongodb: { url: stack.mongodb.url, kind: stack.mongodb.kind, ...asked('mongodb') },
        }
      : {}),
    ...(writers ? { writers } : {}),
    ...(topics ? { topics } : {}),
    services,
  }
}

async function topicsOf(kafka: KafkaAddress): Promise<TopicsFinding> {
  try {
    const [faults, uneven] = await withAdmin(kafka, 'prooftrail-doctor', (admin) =>
      Promise.all([diagnoseTopics(admin), unevenTopics(admin)]),
    )
    const detail = faults.map(({ code, path, detail }) => `${code} ${path}: ${detail}`)
    return { ready: faults.length === 0, detail, ...(uneven.length > 0 ? { uneven } : {}) }
  } catch (error) {
    return { ready: false, detail: [error instanceof Error ? error.message : String(error)] }
  }
}

async function probe(url: string): Promise<Answered> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })
    const problem = Object(await answer.json())
    if (answer.ok) {
      const { warnings } = problem
      return { ready: true, ...(Array.isArray(warnings) ? { warnings } : {}) }
    }
    return { ready: false, detail: String(problem.detail) }
  } catch (error) {
    return { ready: false, detail: whyOf(error) }
  }
}

/** Exit 0 when everything is ready, 1 when something is not; an open topic is a warning. */
export async function doctor(out: Output): Promise<number> {
  const found = await diagnose()
  out.document(found)
  out.say(doctorTable(found))
  for (const line of found.topics?.detail ?? []) out.say(`  ${mark('no')} ${line}`)
  for (const line of found.topics?.uneven ?? []) out.say(`  ${mark('part')} ${line}`)
  for (const line of found.writers?.open ?? []) out.say(`  ${mark('part')} ${line}`)
  for (const { code, detail } of warningsOf(found)) out.say(`  ${mark('part')} ${code} ${detail}`)
  if (Object.keys(found.services).length === 0) {
    out.say('No services are running here. Start everything with `npm start`.')
  }
  return found.ready ? 0 : 1
}

/** What services warn of, each once. */
function warningsOf({ services }: Diagnosis): Warning[] {
  const all = Object.values(services).flatMap(({ warnings = [] }) => warnings)
  return [...new Map(all.map((one) => [one.code + one.detail, one])).values()]
}

const SERVER_NEXT = 'start everything with `npm start`, or set its address'
const AWAY_NEXT = 'bring it back; docs/runbook.md#a-server-is-away'
const TOPICS_NEXT = 'run the commands below'
const SERVICE_NEXT = 'read its log; docs/runbook.md'

/** Servers, who may write, and services: a sign, where it is, and what to do next. */
export function doctorTable({
  kafka,
  registry,
  mongodb,
  writers,
  topics,
  services,
}: Diagnosis): string {
  const table = bareTable(['', 'what', 'where', 'what to do'])
  const server = (name: string, where: string | undefined, away: string | undefined) => {
    const next = where === undefined ? SERVER_NEXT : away === undefined ? '' : AWAY_NEXT
    const said = away ? ` ${colour.dim(away)}` : ''
    table.push([
      mark(next === '' ? 'ok' : 'no'),
      name,
      `${where ?? 'no address known'}${said}`,
      next,
    ])
  }
  server('kafka', kafka?.brokers.join(', '), kafka?.away)
  server('registry', registry?.url, registry?.away)
  const database = mongodb && `${withoutPassword(mongodb.url)} ${colour.dim(mongodb.kind)}`
  server('mongodb', database, mongodb?.away)
  if (writers) {
    const { detail, next = '' } = writers
    table.push([mark(next === '' ? 'ok' : 'part'), 'who writes', detail, next])
  }
  if (topics) {
    const { ready, detail } = topics
    const differ = `${detail.length} ${detail.length === 1 ? 'differs' : 'differ'}`
    const where = ready ? 'as the catalogue says' : differ
    table.push([mark(ready ? 'ok' : 'no'), 'topics', where, ready ? '' : TOPICS_NEXT])
  }
  for (const [name, { url, ready, detail, warnings }] of Object.entries(services)) {
    const sign = ready ? (warnings ? 'part' : 'ok') : 'no'
    const where = `${url}${detail ? ` ${colour.dim(detail)}` : ''}`
    table.push([mark(sign), name, where, ready ? '' : SERVICE_NEXT])
  }
  return table.toString().replace(/ +$/gm, '')
}

/** An address may name a user; a screen is read by others. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:/@]+):[^@]*@/, '//$1:…@')
}
