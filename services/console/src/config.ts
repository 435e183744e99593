import { type Env, readEnv } from '@prooftrail/runtime'

export interface ConsoleConfig {
  port: number
  /** Public base address of every `…_url`, without a slash at its end. */
  publicUrl: string
  /** Where bundles, keys and the log are served. */
  attestationUrl: string
  /** Where the door of acts is. */
  dispatchUrl: string
  /** Where the HTTP door of orders is, and agents and tools are read. */
  intakeUrl: string
  /** Where receipts and accounts are read. */
  receiptUrl: string
}

/** Reads the console's part of the environment. @throws ConfigError naming the variable. */
export function readConfig(env: Env): ConsoleConfig {
  const port = readEnv.integer(env, 'PORT', 7007)
  return {
    port,
    publicUrl: readEnv.url(env, 'PUBLIC_URL', `http://127.0.0.1:${port}`).replace(/\/+$/, ''),
    attestationUrl: readEnv.url(env, 'ATTESTATION_URL', 'http://127.0.0.1:7006'),
    dispatchUrl: readEnv.url(env, 'DISPATCH_URL', 'http://127.0.0.1:7002'),
    intakeUrl: readEnv.url(env, 'INTAKE_URL', 'http://127.0.0.1:7001'),
    receiptUrl: readEnv.url(env, 'RECEIPT_URL', 'http://127.0.0.1:7004'),
  }
}
