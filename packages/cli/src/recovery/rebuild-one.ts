import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadTool, readExecutorConfig, rebuildExecutor } from '@prooftrail/executor-sdk'
import {
  connectHost,
  loadService,
  makeLog,
  type RebuildOptions,
  type Rebuilt,
  readHostConfig,
} from '@prooftrail/runtime'
import type { StackAddresses } from '@prooftrail/stack'
import { checkout } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { isTool } from '../in-process.ts'
import { serviceEnv } from '../service-env.ts'
import { openKeyRing } from '../service-keys.ts'
import { EXECUTORS, SERVICES, type ServiceEntry } from '../service-list.ts'
import { findWorld, ORIGIN } from '../world.ts'

/** Every service and tool of the product that has documents. */
export const REBUILDABLE: readonly ServiceEntry[] = [...SERVICES, ...EXECUTORS]

const USUAL_URLS = new Map(REBUILDABLE.map(({ name, port }) => [name, `http://127.0.0.1:${port}`]))

/** @throws CommandError PT-8013 for a name that is none of a service */
export function entryOf(name: string): ServiceEntry {
  const entry = REBUILDABLE.find((one) => one.name === name)
  if (entry) return entry
  const names = REBUILDABLE.map((one) => one.name).join(', ')
  throw new CommandError('PT-8013', `no service ${name}; there are ${names}`, 2)
}

/**
 * Makes the collection of one service again, with the environment that the service itself has here.
 * @param dir folder of keys and logs
 * @throws RebuildError
 */
export async function rebuildOne(
  { name, folder }: ServiceEntry,
  { env, dir }: { env: Record<string, string | undefined>; dir: string },
  options: RebuildOptions = {},
): Promise<Rebuilt> {
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const hostConfig = readHostConfig(env)
  const log = makeLog(undefined, hostConfig.logLevel, join(dir, 'logs', 'rebuild.log'))
  const host = await connectHost(hostConfig, `rebuild-${name}`, log)
  try {
    const path = join(checkout, folder)
    if (isTool({ folder })) {
      const { manifest } = await loadTool(path)
      return await rebuildExecutor(host, { manifest, ...readExecutorConfig(env, name) }, options)
    }
    const { readConfig, rebuild } = await loadService(path)
    if (!rebuild) throw new CommandError('PT-8013', `${name} says not how it is rebuilt`, 2)
    return await rebuild(host, readConfig(env), options)
  } finally {
    await host.close()
  }
}

/**
 * The environment of a service on a stack of this machine, with the keys in `dir`.
 * @param urls where services answer: callbacks name them, so they must be those that they had
 */
export function envHere(
  service: ServiceEntry,
  stack: StackAddresses,
  dir: string,
  urls: ReadonlyMap<string, string> = USUAL_URLS,
): Record<string, string> {
  const keys = openKeyRing(join(dir, 'keys'), ORIGIN)
  if (EXECUTORS.some(({ name }) => name === service.name)) keys.own(service.name)
  const deployment = { stack, keys, urls, allowedNetworks: [], allowedPorts: [] }
  return serviceEnv(service, { ...deployment, logLevel: 'info' })
}

/** Where the services of this checkout answer, while they run. */
export function urlsHere(): ReadonlyMap<string, string> | undefined {
  const services = findWorld()?.services
  return services && new Map(Object.entries(services).map(([name, { url }]) => [name, url]))
}
