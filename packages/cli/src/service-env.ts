import { readFileSync } from 'node:fs'
import type { StackAddresses } from '@prooftrail/stack'
import type { KeyRing } from './service-keys.ts'

export interface Deployment {
  stack: StackAddresses
  keys: KeyRing
  /** Service or tool name to the address where it answers. */
  urls: ReadonlyMap<string, string>
  allowedNetworks: readonly string[]
  allowedPorts: readonly number[]
  logLevel: string
}

/** The environment of one service: what a deployment would set, and nothing else. */
export function serviceEnv(name: string, deployment: Deployment): Record<string, string> {
  const { stack, keys, urls } = deployment
  const url = urls.get(name) ?? ''
  const publicUrl = urls.get('console') ?? url
  const secret = (one: string) => readFileSync(keys.secretFile(one), 'utf8').trim()
  return {
    KAFKA_BROKERS: stack.kafka.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registry.url,
    MONGODB_URL: stack.mongodb.url,
    MONGODB_STAND_IN: stack.mongodb.standIn ? '1' : '0',
    MONGODB_DATABASE: 'prooftrail',
    OPEN_ACCESS: '1',
    // who changes a tool here sees it run before it passed its suite; `tools list` says so
    ANNOUNCE_UNCHECKED: '1',
    LOG_LEVEL: deployment.logLevel,
    PORT: new URL(url).port,
    PUBLIC_URL: publicUrl,
    KEYS_FILE: keys.keysFile,
    KEY_FILE: keys.file(name),
    WEBHOOK_KEY_FILE: keys.file('webhook'),
    LOG_KEY_FILE: keys.file('log'),
    LOG_ORIGIN: keys.origin,
    TASK_TOKEN_SECRET: secret('task-token'),
    CALLBACK_SECRET_FILE: keys.secretFile('callback'),
    CALLBACK_ALLOWED_NETWORKS: deployment.allowedNetworks.join(','),
    CALLBACK_ALLOWED_PORTS: deployment.allowedPorts.join(','),
    INTAKE_URL: urls.get('intake') ?? '',
    ATTESTATION_URL: urls.get('attestation') ?? '',
    RECEIPT_URL: urls.get('receipt') ?? '',
  }
}
