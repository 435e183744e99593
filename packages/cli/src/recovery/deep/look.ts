import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  connectHost,
  makeLog,
  RebuildError,
  type Rebuilt,
  readHostConfig,
} from '@prooftrail/runtime'
import type { StackAddresses } from '@prooftrail/stack'
import { parseKeySet } from '@prooftrail/trail'
import { envHere, REBUILDABLE, rebuildOne } from '../rebuild-one.ts'
import { askRegistry, compareAccounts, compareLog, compareSchemas } from './compare-servers.ts'
import { accountsDiffer, documentsBehind, type Finding, kafkaBehind } from './finding.ts'
import { readFacts } from './read-facts.ts'

export interface DeepOptions {
  /** Folder of keys and logs. */
  dir: string
  urls?: ReadonlyMap<string, string> | undefined
  onStep?(what: string): void
}

/**
 * Compares Kafka, the registry and MongoDB of a deployment on this machine, whole: schema ids, log, accounts,
 * and every service's documents with what the topics make of them. Changes nothing. What is in motion may differ
 * for a moment: a difference counts only if it is there at a second look.
 */
export async function lookDeep(
  stack: StackAddresses,
  { dir, urls, onStep = () => {} }: DeepOptions,
): Promise<Finding[]> {
  const [any] = REBUILDABLE
  if (!any) return []
  const config = readHostConfig(envHere(any, stack, dir, urls))
  mkdirSync(join(dir, 'logs'), { recursive: true })
  const log = makeLog(undefined, 'warn', join(dir, 'logs', 'rebuild.log'))
  const host = await connectHost(config, 'doctor', log)
  const findings: Finding[] = []
  try {
    onStep('reading all topics')
    const facts = await readFacts(host, (done) => onStep(`reading all topics, ${done} messages`))
    const keys = parseKeySet(JSON.parse(readFileSync(join(dir, 'keys/services.keys.json'), 'utf8')))
    onStep('schema ids, log and accounts')
    findings.push(
      ...(await compareSchemas(facts, askRegistry(stack.registry.url))),
      ...(await compareLog(facts, keys, host.db)),
      ...(await compareAccounts(facts.named, host.db)),
    )
  } finally {
    await host.close()
  }
  // without their schemas messages cannot be read, and every document would seem to differ
  if (findings.some(({ code }) => code === 'PT-8061')) return findings
  for (const service of REBUILDABLE) {
    onStep(`documents of ${service.name}`)
    const env = envHere(service, stack, dir, urls)
    const look = () => rebuildOne(service, { env, dir }, { beside: true }).catch(refusalOf)
    const first = findingsOf(service.name, await look())
    findings.push(...(first.length > 0 ? findingsOf(service.name, await look()) : []))
  }
  return findings
}

function refusalOf(error: unknown): RebuildError {
  if (error instanceof RebuildError) return error
  throw error
}

function findingsOf(service: string, made: Rebuilt | RebuildError): Finding[] {
  if (made instanceof RebuildError) {
    const detail = `${service}: ${made.message}`
    return [made.code === 'PT-9053' ? accountsDiffer(detail) : kafkaBehind(detail)]
  }
  const { missing, added, differentCount, different } = made.differences
  const found: Finding[] = []
  if (missing > 0) {
    found.push(kafkaBehind(`${service}: ${missing} documents are of messages that no topic holds`))
  }
  if (added + differentCount > 0) {
    const some = different.slice(0, 3).join(', ')
    const detail = `${added} documents are missing, ${differentCount} are older than the topics ${some}`
    found.push(documentsBehind(service, detail.trim()))
  }
  return found
}
