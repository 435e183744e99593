import { userOf } from '@prooftrail/contracts'
import type { StackAddresses } from '@prooftrail/stack'
import { brokerPasswordFile, partyOf } from './acls/parties.ts'
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
    variables.map(({ name, from }) => [name, told(from, service, deployment)]),
  )
}

function told(from: Source, service: ServiceEntry, deployment: Deployment): string {
  const { stack, keys, urls } = deployment
  const url = (name: string) => urls.get(name) ?? ''
  switch (from.type) {
    case 'text':
      return from.text
    case 'kafka':
      return stack.kafka.brokers.join(',')
    case 'kafka-user':
      return stack.kafka.sasl ? userOf(partyOf(service)) : ''
    case 'kafka-password':
      return stack.kafka.sasl ? brokerPasswordFile(keys, partyOf(service)) : ''
    // one database for all on one machine, whose server asks for no user
    case 'mongodb-user':
    case 'mongodb-password':
      return ''
    case 'mongodb-database':
      return 'prooftrail'
    case 'registry':
      return stack.registry.url
    case 'mongodb':
      return stack.mongodb.url
    case 'stand-in':
      return stack.mongodb.standIn ? '1' : '0'
    case 'port':
      return new URL(url(service.name)).port
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
    case 'services':
      return [...urls].map(([name, address]) => `${name}=${address}`).join(',')
    case 'allowed-networks':
      return deployment.allowedNetworks.join(',')
    case 'allowed-ports':
      return deployment.allowedPorts.join(',')
  }
}
