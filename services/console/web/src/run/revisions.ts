import type { ChainLink } from '@prooftrail/verifier'

/** One seal, and what came to the trail with it. */
export interface RevisionView {
  number: number
  verdict?: string
  at?: string
  added: readonly string[]
  /** The act that it follows. */
  act?: { action: string; by: string; reason?: string }
}

/** Revisions of a chain, oldest first: each ends at its seal. */
export function revisionsIn(links: readonly ChainLink[]): RevisionView[] {
  const revisions: RevisionView[] = []
  let since: ChainLink[] = []
  for (const link of links) {
    since.push(link)
    if (!/^attestation(\/\d+)?$/.test(link.name)) continue
    const { verdict, issued_at } = Object(link.object)
    const act = since.find(({ name }) => /^(recovery_request|operator_decision)/.test(name))
    const { recovery_action, requested_by, reason } = Object(act?.object)
    revisions.push({
      number: revisions.length,
      ...(typeof verdict === 'string' ? { verdict } : {}),
      ...(typeof issued_at === 'string' ? { at: issued_at } : {}),
      added: since.map(({ name }) => name),
      ...(act
        ? {
            act: {
              action: String(recovery_action),
              by: String(requested_by),
              ...(typeof reason === 'string' ? { reason } : {}),
            },
          }
        : {}),
    })
    since = []
  }
  return revisions
}

/** One result contract of the trail. */
export interface Result {
  name: string
  status: string
  object: unknown
}

export function resultsIn(links: readonly ChainLink[]): Result[] {
  return links
    .filter(({ name }) => /^result_contract(\/\d+)?$/.test(name))
    .map(({ name, object }) => ({ name, status: String(Object(object).result_status), object }))
}
