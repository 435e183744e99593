import type { Role } from '@prooftrail/trail'
import { EXECUTORS, SERVICES } from './generated/services.ts'

export { COMMON, EXECUTORS, SERVICES } from './generated/services.ts'

/** What of a deployment a variable tells (`from` of a setting in service.json). */
export type Source =
  | { type: 'key'; file: string; roles: readonly Role[]; party?: 'origin' }
  | { type: 'secret'; file: string }
  | { type: 'url'; of: string }
  | { type: 'text'; text: string }
  | { type: 'kafka' | 'registry' | 'mongodb' | 'stand-in' | 'port' | 'log-level' }
  | { type: 'kafka-user' | 'kafka-password' }
  | { type: 'mongodb-user' | 'mongodb-password' | 'mongodb-database' }
  | { type: 'keys' | 'origin' | 'public-url' | 'services' | 'allowed-networks' | 'allowed-ports' }

/** One variable of an environment. */
export interface Told {
  name: string
  from: Source
}

/** A process of the product: a service, or a tool that comes with it. */
export interface ServiceEntry {
  name: string
  /** From the checkout's root. */
  folder: string
  /** Where it answers on one machine, if that port is free. */
  port: number
  /** Part of an order's CPU; absent where nobody measured it. */
  share?: number
  /** Topics and groups of this prefix are looked at by it. */
  describes?: string
  env: readonly Told[]
}

/** Everything that a deployment runs: services, and the tools of the repository. */
export const PROCESSES: readonly ServiceEntry[] = [...SERVICES, ...EXECUTORS]
