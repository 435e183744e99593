/** What Kafka, the registry and MongoDB disagree about. */
export interface Finding {
  code: 'PT-8061' | 'PT-8062' | 'PT-8063' | 'PT-8064' | 'PT-8065'
  detail: string
  /** What to do next, a command where there is one. */
  next: string
}

const STOP_AND_RESTORE = 'stop all services, and restore all three from one backup'

/** Messages name schema ids that the registry does not have. */
export function schemasMissing(ids: readonly number[], topics: readonly string[]): Finding {
  const detail = `the registry lacks the schema ids ${ids.join(', ')}, named on ${topics.join(', ')}`
  return { code: 'PT-8061', detail, next: 'restore the registry; register nothing before that' }
}

/** Documents rest on messages that the topics do not hold. */
export function kafkaBehind(detail: string): Finding {
  return { code: 'PT-8062', detail, next: STOP_AND_RESTORE }
}

/** The topics hold what documents do not. */
export function documentsBehind(service: string, detail: string): Finding {
  const next = `stop ${service}, then: prooftrail rebuild ${service}`
  return { code: 'PT-8063', detail: `${service}: ${detail}`, next }
}

/** The leaves of the log are not those of the ledger topic. */
export function logDiffers(detail: string): Finding {
  return {
    code: 'PT-8064',
    detail,
    next: 'stop attestation; see deploy/README.md, “Kafka, registry and MongoDB disagree”',
  }
}

/** Receipts name credit entries that are not there, or others. */
export function accountsDiffer(detail: string): Finding {
  return { code: 'PT-8065', detail, next: 'stop receipt, and restore MongoDB from a backup' }
}
