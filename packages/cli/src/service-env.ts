import type { StackAddresses } from '@prooftrail/stack'
import type { KeyRing } from './service-keys.ts'
import { COMMON, type ServiceEntry, type Source } from './service-list.ts'

export interface Deployment {
  stack: StackAddresses
  keys: KeyRing
  /** Service or tool name to the address where it answers. */
  urls: ReadonlyMap<string, string>
  allowedNetworks: readonly string[]
  allowedPorts: readonly number[]
  logLevel: string
}

/** The environment of one service: what a deployment would set for it, and nothing else. */
export function serviceEnv(service: ServiceEntry, deployment: Deployment): Record<string, string> {
  const variables = [...COMMON, ...service.env]
  return Object.fromEntries(
    variables.map(({ name, from }) => [name, told(from, service.name, deployment)]),
  )
}

function told(from: Source, service: string, deployment: Deployment): string {
  const { stack, keys, urls } = deployment
  const url = (name: string) => urls.get(name) ?? ''
  switch (from.type) {
    case 'text':
      return from.text
    case 'kafka':
      return stack.kafka.brokers.join(',')
    case 'registry':
      return stack.registry.url
    case 'mongodb':
      return stack.mongodb.url
    case 'stand-in':
      return stack.mongodb.standIn ? '1' : '0'
    case 'port':
      return new URL(url(service)).port
    case 'log-level':
      return deployment.logLevel
    case 'key':
      return keys.file(from.file)
    case 'keys':
      return keys.keysFile
    case 'secret':
      return keys.secretFile(from.file)
    case 'origin':
      return keys.origin
    case 'url':
      return url(from.of)
    case 'public-url':
      return url('console')
    case 'allowed-networks':
      return deployment.allowedNetworks.join(',')
    case 'allowed-ports':
      return deployment.allowedPorts.join(',')
  }
}
