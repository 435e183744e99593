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

export interface Diagnosis {
  ready: boolean
  kafka?: { brokers: string[] }
  registry?: { url: string }
  mongodb?: { url: string; kind: string }
  /** Who may write topics, where the broker is known. */
  writers?: WritersFinding
  /** How topics differ from the catalogue, or why that is not known. */
  topics?: { ready: boolean; detail: string[] }
  services: Record<string, Answered & { url: string }>
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
  const [writers, topics, ...answers] = await Promise.all([
    stack && whoMayWrite(stack.kafka),
    stack && topicsOf(stack.kafka),
    ...urls.map(async ([name, url]) => [name, { url, ...(await probe(url)) }] as const),
  ])
  const services = Object.fromEntries(answers)
  const up = answers.length > 0 && answers.every(([, one]) => one.ready) && topics?.ready !== false
  return {
    ready: up && (world?.ready ?? true),
    ...(stack
      ? {
          kafka: { brokers: stack.kafka.brokers },
          registry: { url: stack.registry.url },
          mongodb: { url: stack.mongodb.url, kind: stack.mongodb.kind },
        }
      : {}),
    ...(writers ? { writers } : {}),
    ...(topics ? { topics } : {}),
    services,
  }
}

async function topicsOf(kafka: KafkaAddress): Promise<{ ready: boolean; detail: string[] }> {
  try {
    const faults = await withAdmin(kafka, 'prooftrail-doctor', diagnoseTopics)
    const detail = faults.map(({ code, path, detail }) => `${code} ${path}: ${detail}`)
    return { ready: faults.length === 0, detail }
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
    return { ready: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

/** Exit 0 when everything is ready, 1 when something is not; an open topic is a warning. */
export async function doctor(out: Output): Promise<number> {
  const found = await diagnose()
  out.document(found)
  out.say(doctorTable(found))
  for (const line of found.topics?.detail ?? []) out.say(`  ${mark('no')} ${line}`)
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
const TOPICS_NEXT = 'run the commands below'
const SERVICE_NEXT = 'read its log; deploy/README.md'

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
  const server = (name: string, where: string | undefined) => {
    const isKnown = where !== undefined
    const next = isKnown ? '' : SERVER_NEXT
    table.push([mark(isKnown ? 'ok' : 'no'), name, where ?? 'no address known', next])
  }
  server('kafka', kafka?.brokers.join(', '))
  server('registry', registry?.url)
  server('mongodb', mongodb && `${withoutPassword(mongodb.url)} ${colour.dim(mongodb.kind)}`)
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
