import {
  ConfigError,
  type Env,
  readEnv,
  readServiceKeys,
  readSigningKey,
} from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'
import type { LoadLimits } from './load/judge-load.ts'
import type { QuotaLimits } from './load/quotas.ts'
import type { Policy, ToolRegistration } from './policy.ts'

/** Everything that intake reads from the environment, but for what every service reads. */
export interface IntakeConfig {
  port: number
  /** Base of the addresses in answers, without a slash at its end. */
  publicUrl: string
  /** Signs intake's decisions. */
  key: SigningKey
  /** Of task handles; the same in every process of intake, for ever. */
  taskSecret: Uint8Array
  /** The deployment's own keys, which nobody else may register. */
  serviceKeys: readonly TrailKey[]
  policy: Policy
  load: LoadLimits
  /** What one agent may have. */
  quotas: QuotaLimits
}

/** A secret shorter than this is a mistake. */
const MIN_SECRET_CHARACTERS = 32

/** Reads intake's part of the environment. @throws ConfigError naming the variable */
export function readConfig(env: Env): IntakeConfig {
  const port = readEnv.integer(env, 'PORT', 7001)
  return {
    port,
    publicUrl: readEnv.url(env, 'PUBLIC_URL', `http://127.0.0.1:${port}`),
    key: readSigningKey(env, 'KEY_FILE', { party: 'intake', roles: ['intake'] }),
    taskSecret: readSecret(env),
    serviceKeys: readServiceKeys(env, 'KEYS_FILE'),
    policy: {
      allowedNetworks: readEnv.list(env, 'CALLBACK_ALLOWED_NETWORKS'),
      allowedPorts: readEnv.list(env, 'CALLBACK_ALLOWED_PORTS').map(readPort),
      toolRegistration: readToolRegistration(env),
      maxAwaitingCredits: readCount(env, 'INTAKE_AGENT_ORDERS_WITHOUT_CREDITS', 10_000),
      maxOrderMs: readDays(env, 'INTAKE_MAX_ORDER_DAYS', 31) * 24 * 3_600_000,
    },
    load: {
      digestMs: readEnv.integer(env, 'INTAKE_DIGEST_MS', 3000),
      atLeast: readCount(env, 'INTAKE_AT_LEAST', 32),
      waitMs: 1000 * readEnv.integer(env, 'INTAKE_MAX_WAIT_SECONDS', 10),
    },
    quotas: {
      ordersPerMinute: readCount(env, 'INTAKE_AGENT_ORDERS_PER_MINUTE', 12_000),
      bytesPerMinute: 1_000_000 * readCount(env, 'INTAKE_AGENT_MB_PER_MINUTE', 120),
      waitingOrders: readCount(env, 'INTAKE_AGENT_WAITING_ORDERS', 20_000),
      waitingBytes: 1_000_000 * readCount(env, 'INTAKE_AGENT_WAITING_MB', 32),
    },
  }
}

/** Where nobody says otherwise, a name is an operator's to give. */
function readToolRegistration(env: Env): ToolRegistration {
  const text = readEnv.optional(env, 'TOOL_REGISTRATION') ?? 'operator'
  if (text === 'open' || text === 'operator') return text
  throw new ConfigError(`TOOL_REGISTRATION takes open or operator, not '${text}'`)
}

function readDays(env: Env, name: string, fallback: number): number {
  const days = readEnv.integer(env, name, fallback)
  if (days > 0 && days <= 3_650) return days
  throw new ConfigError(`${name} takes a number of days from 1 to 3650`)
}

/** With none nothing would ever be taken. */
function readCount(env: Env, name: string, fallback: number): number {
  const count = readEnv.integer(env, name, fallback)
  if (count > 0) return count
  throw new ConfigError(`${name} takes a whole number, at least 1`)
}

function readSecret(env: Env): Uint8Array {
  const direct = readEnv.optional(env, 'TASK_TOKEN_SECRET')
  const name = direct === undefined ? 'TASK_TOKEN_SECRET_FILE' : 'TASK_TOKEN_SECRET'
  const text = (direct ?? readEnv.file(env, name)).trim()
  if (text.length >= MIN_SECRET_CHARACTERS) return Buffer.from(text)
  throw new ConfigError(`${name} takes a secret of at least ${MIN_SECRET_CHARACTERS} characters`)
}

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port
  throw new ConfigError(`CALLBACK_ALLOWED_PORTS takes ports, not '${text}'`)
}
