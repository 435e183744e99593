/** A trail just before it is sealed, judged by the verifier's own rules. */
import type { NamedLink } from '../bundle.ts'
import { linkNameOf, parseLinkName } from '../format/kinds.ts'
import { idOfKind } from '../ids.ts'
import type { Pilot } from '../pilot.ts'
import { isObject } from '../shape.ts'
import { arrange } from './arrange.ts'
import { checkObjects } from './check-objects.ts'
import { checkEntry } from './entry.ts'
import type { Link } from './trail.ts'
import { type Problem, Report } from './verdict.ts'

/** A trail whose newest ledger entry has no seal and no place in the log yet. */
export interface UnsealedTrail {
  readonly work_order_id: string
  readonly pilot: Pilot
  /** All links and earlier seals, the new entry last. */
  readonly links: readonly NamedLink[]
}

/**
 * Why no verifier would accept the trail once it is sealed and logged; empty when one would.
 * Signatures and keys are not asked here, nor what only the log can say.
 */
export function sealFaults({ work_order_id, pilot, links: named }: UnsealedTrail): Problem[] {
  const report = new Report()
  const links = named.flatMap((one, position) => linkOf(one, position, report) ?? [])
  links.push(sealOf(work_order_id, links))
  // the entry's place in the log is still to come, behind every other one
  const log = { origin: '', index: Number.MAX_SAFE_INTEGER, proof: [], checkpoint: '' }
  const bundle = { format: 'prooftrail-bundle/v1' as const, work_order_id, pilot, links: [], log }
  const trail = report.clean ? arrange(bundle, links, report) : undefined
  if (trail === undefined) return report.problems
  checkObjects(trail, report)
  for (const revision of trail.revisions) checkEntry(trail, revision, report)
  return report.problems
}

function linkOf(named: NamedLink, position: number, report: Report): Link | undefined {
  const { name } = named
  const parsed = parseLinkName(name)
  const { object, ...rest } = 'seal' in named ? ofSeal(named.seal) : ofLink(named.link)
  if (parsed === undefined || !isObject(object)) {
    report.fail('LINK_FORM', 'it is no link of a trail', name)
    return undefined
  }
  return { name, ...parsed, object, ...rest, payload: '', position }
}

function ofLink({ object, after, digest, statementDigest, key_id, signature }: LinkIn) {
  return { object, after: [...after], digest, statement_digest: statementDigest, key_id, signature }
}

function ofSeal({ statement, digest, key_id, signature }: SealIn) {
  const object: unknown = statement.predicate
  return { object, after: [], digest, statement_digest: digest, key_id, signature }
}

type LinkIn = Extract<NamedLink, { link: unknown }>['link']
type SealIn = Extract<NamedLink, { seal: unknown }>['seal']

/** What the verifier asks of a seal beside that it derives from the trail, which the maker does. */
function sealOf(work_order_id: string, links: readonly Link[]): Link {
  const n = links.filter(({ kind }) => kind === 'attestation').length
  const entry = links.at(-1)
  const attestation_id = idOfKind('attestation', work_order_id, n)
  const { issued_at } = entry?.object ?? {}
  return {
    ...{ name: linkNameOf('attestation', n), kind: 'attestation', n, position: links.length },
    ...{ after: [], digest: 'seal', statement_digest: 'seal', payload: '' },
    ...{ key_id: '', signature: '', object: { attestation_id, work_order_id, issued_at } },
  }
}
