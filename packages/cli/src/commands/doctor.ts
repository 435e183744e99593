import { join } from 'node:path'
import { findRunningStack, readAddresses } from '@prooftrail/stack'
import { home } from '../checkout.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { SERVICES } from '../service-list.ts'
import { findWorld } from '../world.ts'

export interface Diagnosis {
  ready: boolean
  kafka?: { brokers: string[] }
  registry?: { url: string }
  mongodb?: { url: string; kind: string }
  services: Record<string, { url: string; ready: boolean; detail?: string }>
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
  const answers = await Promise.all(
    urls.map(async ([name, url]) => [name, { url, ...(await probe(url)) }] as const),
  )
  const services = Object.fromEntries(answers)
  const up = answers.length > 0 && answers.every(([, one]) => one.ready)
  return {
    ready: up && (world?.ready ?? true),
    ...(stack
      ? {
          kafka: { brokers: stack.kafka.brokers },
          registry: { url: stack.registry.url },
          mongodb: { url: stack.mongodb.url, kind: stack.mongodb.kind },
        }
      : {}),
    services,
  }
}

async function probe(url: string): Promise<{ ready: boolean; detail?: string }> {
  try {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })
    if (answer.ok) return { ready: true }
    const problem = Object(await answer.json())
    return { ready: false, detail: String(problem.detail) }
  } catch (error) {
    return { ready: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

/** Exit 0 when everything is ready, 1 when something is not. */
export async function doctor(out: Output): Promise<number> {
  const found = await diagnose()
  out.document(found)
  const row = (ok: boolean, name: string, text: string) =>
    out.say(`${mark(ok ? 'ok' : 'no')} ${pad(name, 12)} ${text}`)
  row(found.kafka !== undefined, 'kafka', found.kafka?.brokers.join(', ') ?? 'no address known')
  row(found.registry !== undefined, 'registry', found.registry?.url ?? 'no address known')
  const mongo = found.mongodb && `${found.mongodb.url} ${colour.dim(found.mongodb.kind)}`
  row(found.mongodb !== undefined, 'mongodb', mongo ?? 'no address known')
  for (const [name, { url, ready, detail }] of Object.entries(found.services)) {
    row(ready, name, `${url}${detail ? ` ${colour.dim(detail)}` : ''}`)
  }
  if (Object.keys(found.services).length === 0) {
    out.say('No services are running here. Start everything with `npm start`.')
  }
  return found.ready ? 0 : 1
}
