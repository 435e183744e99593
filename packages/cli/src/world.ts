import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AclParty } from '@prooftrail/contracts'
import { Starting } from '@prooftrail/runtime'
import { type Stack, type StackOptions, startStack } from '@prooftrail/stack'
import { brokerUsers, grant, partiesHere } from './acls/parties.ts'
import { home } from './checkout.ts'
import { deploySchemas } from './deploy-schemas.ts'
import { CommandError } from './fault.ts'
import { startGroups } from './groups.ts'
import { freePorts } from './ports.ts'
import { startProcesses } from './processes.ts'
import { type Deployment, serviceEnv } from './service-env.ts'
import { type KeyRing, openKeyRing } from './service-keys.ts'
import { EXECUTORS, SERVICES, type ServiceEntry } from './service-list.ts'

/** Every service on one stack. */
export interface World {
  stack: Stack
  keys: KeyRing
  urls: ReadonlyMap<string, string>
  logFile: string
  /** Resolves with what happened when a process of services ends although nobody stopped it. */
  ended: Promise<string>
  /** Says that this world may be used (`prooftrail doctor` answers ready). */
  markReady(): void
  stop(): Promise<void>
}

export interface WorldOptions
  extends Pick<StackOptions, 'mongoBackend' | 'ephemeral' | 'source' | 'cluster'> {
  /** Folder of data, keys and logs; default the checkout's `.prooftrail`. */
  dir?: string
  /** One process per service. */
  processes?: boolean
  /** Into how many processes services are put that have none of their own each; default 1. */
  groups?: number
  tools?: readonly string[]
  allowedNetworks?: readonly string[]
  allowedPorts?: readonly number[]
  /** Partitions of every topic but the ledger; default 4. */
  partitions?: number
  logLevel?: string
  /** Added to every service's usual port, so that worlds which start together do not meet. */
  portOffset?: number
  /** Variables that every service gets besides its own. */
  env?: Readonly<Record<string, string>>
  /** The brokers know users: every service and tool, and these agents; each may do what it is granted. */
  users?: { agents: readonly string[] }
  onStep?: (step: Step) => void
  /** Gives the start up. */
  signal?: AbortSignal
}

/** What start-up is doing, for whoever watches. */
export interface Step {
  part: string
  message: string
  done?: number
  total?: number
}

export interface WorldRecord {
  pid: number
  started_at: string
  ready: boolean
  services: Record<string, { url: string }>
}

export const ORIGIN = 'prooftrail.local/log'
const NEVER = new Promise<never>(() => {})

/**
 * Starts stack, schemas and services; resolves when all answer; waits for a stack that does not answer.
 * Whatever was begun is stopped if one fails.
 */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const dir = options.dir ?? home
  const step = options.onStep ?? (() => {})
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const logFile = join(dir, 'logs', 'services.log')
  const stops: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const act of stops.splice(0).reverse()) await act()
  }
  try {
    const keys = openKeyRing(join(dir, 'keys'), ORIGIN)
    const tools = EXECUTORS.filter(({ name }) => options.tools?.includes(name) ?? true)
    const parties = partiesOf(options.users, tools)
    const stack = await startStack({
      dataDir: join(dir, 'data'),
      onProgress: ({ part, message, done, total }) =>
        step({
          part,
          message,
          ...(done === undefined ? {} : { done }),
          ...(total === undefined ? {} : { total }),
        }),
      ...(options.mongoBackend ? { mongoBackend: options.mongoBackend } : {}),
      ...(options.ephemeral ? { ephemeral: true } : {}),
      ...(options.source ? { source: options.source } : {}),
      ...(options.cluster ? { cluster: true } : {}),
      ...(parties ? { users: brokerUsers(keys, parties) } : {}),
    })
    options.signal?.throwIfAborted()
    stops.push(() => stack.stop())
    step({ part: 'schemas', message: 'registering' })
    const names = tools.map(({ name }) => name)
    const waits = (part: string) =>
      new Starting(
        (message) => step({ part, message }),
        options.signal ? { signal: options.signal } : {},
      )
    await deploySchemas(stack, options.partitions ?? 4, names, { starting: waits('schemas') })
    if (parties) await grant(stack.kafka, parties)
    step({ part: 'schemas', message: 'registered' })
    const all: readonly ServiceEntry[] = [...SERVICES, ...tools]
    const ports = await freePorts(all.map(({ port }) => port + (options.portOffset ?? 0)))
    const urls = new Map(all.map(({ name }, at) => [name, `http://127.0.0.1:${ports[at]}`]))
    for (const { name } of tools) keys.own(name)
    const deployment: Deployment = {
      stack,
      keys,
      urls,
      allowedNetworks: options.allowedNetworks ?? [],
      allowedPorts: options.allowedPorts ?? [],
      logLevel: options.logLevel ?? 'info',
    }
    step({ part: 'services', message: 'starting' })
    const plans = all.map((service) => ({
      name: service.name,
      folder: service.folder,
      ...(service.share === undefined ? {} : { share: service.share }),
      env: { ...serviceEnv(service, deployment), ...options.env },
    }))
    const starting = waits('services')
    const running = options.processes
      ? { ...(await startProcesses(plans, logFile, starting)), ended: NEVER }
      : await startGroups(plans, logFile, options.groups ?? 1, starting)
    stops.push(() => running.stop())
    step({ part: 'services', message: `${all.length} answer` })
    const record: WorldRecord = {
      pid: process.pid,
      started_at: new Date().toISOString(),
      ready: false,
      services: Object.fromEntries([...urls].map(([name, url]) => [name, { url }])),
    }
    const recordFile = join(dir, 'world.json')
    const write = () => writeFileSync(recordFile, `${JSON.stringify(record, null, 2)}\n`)
    write()
    stops.push(async () => rmSync(recordFile, { force: true }))
    return {
      stack,
      keys,
      urls,
      logFile,
      ended: running.ended,
      markReady() {
        record.ready = true
        write()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Whoever has a user at the brokers, where they know users. */
function partiesOf(
  users: WorldOptions['users'],
  tools: readonly { name: string }[],
): AclParty[] | undefined {
  if (users === undefined) return undefined
  const agents = users.agents.map((name) => ({ kind: 'agent' as const, name }))
  return [...partiesHere(tools), ...agents]
}

/** The world that another process of this checkout runs, if one does. */
export function findWorld(dir: string = home): WorldRecord | undefined {
  let record: WorldRecord
  try {
    record = JSON.parse(readFileSync(join(dir, 'world.json'), 'utf8'))
  } catch {
    return undefined
  }
  try {
    process.kill(record.pid, 0)
    return record
  } catch {
    return undefined
  }
}

/** The address of a service: from the environment (`INTAKE_URL`, …), else of the running world. */
export function serviceUrl(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const given = env[`${name.toUpperCase()}_URL`]
  if (given) return given.replace(/\/+$/, '')
  const url = findWorld()?.services[name]?.url
  if (url) return url
  throw new CommandError(
    'PT-8002',
    `no running stack found. Start one with \`npm start\`, or set ${name.toUpperCase()}_URL.`,
    3,
  )
}
