import { type Env, readEnv } from '@prooftrail/runtime'

export interface ConsoleConfig {
  port: number
  /** Where bundles, keys and the log are served. */
  attestationUrl: string
  /** Where the HTTP door of orders is. */
  intakeUrl: string
}

/** PORT (7007), ATTESTATION_URL, INTAKE_URL. @throws ConfigError naming the variable. */
export function readConsoleConfig(env: Env): ConsoleConfig {
  return {
    port: readEnv.integer(env, 'PORT', 7007),
    attestationUrl: readEnv.url(env, 'ATTESTATION_URL', 'http://127.0.0.1:7006'),
    intakeUrl: readEnv.url(env, 'INTAKE_URL', 'http://127.0.0.1:7001'),
  }
}
