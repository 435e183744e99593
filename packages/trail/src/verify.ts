/** The product in one function: does this file prove what happened? */
import { type Bundle, readBundle } from './bundle.ts'
import { TrailError } from './errors.ts'
import { type KeySet, parseKeySet } from './keys.ts'
import { type Policy, parsePolicy } from './policy.ts'
import type { TrailVerdict } from './seal.ts'
import { timeOf } from './shape.ts'
import { arrange } from './verify/arrange.ts'
import { checkObjects } from './verify/check-objects.ts'
import { checkRevision } from './verify/entry.ts'
import { checkLog, checkPolicy } from './verify/log.ts'
import { readLinks } from './verify/read-links.ts'
import { checkGenuine, checkSignatures, type Signer } from './verify/signatures.ts'
import type { Link, Trail } from './verify/trail.ts'
import { printable, Report, type Verdict } from './verify/verdict.ts'

/** The parts of a verification, in the order in which they rest on each other. */
export const VERIFY_STEPS = [
  'keys',
  'form',
  'digests',
  'chain',
  'signatures',
  'objects',
  'seal',
  'log',
  'policy',
] as const

export type VerifyStep = (typeof VERIFY_STEPS)[number]

/** Is told of each part as it is done, and whether something was found; a part not told was not reached. */
export type WatchSteps = (step: VerifyStep, isClean: boolean) => void

/**
 * Verifies a bundle against a key set, offline (wire format sections 1 to 7): form, digests, links,
 * signatures, roles, ids, order, evidence, credits, ledger entry, seal, inclusion and checkpoint.
 * Never throws: whatever the input is, the answer is a verdict whose problems name the failed link.
 * @param bundle text, bytes or parsed value of a `*.trail.json`
 * @param keys text, bytes or parsed value of keys.json; the one thing that is trusted
 * @param policy text, bytes or parsed value of a policy: who must have cosigned the checkpoint besides
 *   (wire format section 10)
 * @param watch for whoever shows the parts while they are done; changes nothing
 */
export function verifyTrail(
  bundle: unknown,
  keys: unknown,
  policy?: unknown,
  watch?: WatchSteps,
): Verdict {
  const report = new Report()
  const done = stepping(report, watch)
  try {
    const trusted = readKeys(keys, report)
    done('keys')
    const wanted = policy === undefined ? undefined : readPolicy(policy, report)
    const read = readForm(bundle, report)
    done('form')
    if (trusted === undefined || read === undefined) return verdictOf(report)
    return judge(read, { keys: trusted, policy: wanted }, report, done)
  } catch (error) {
    report.fail('INTERNAL', error instanceof Error ? error.message : 'verification failed')
    return verdictOf(report)
  }
}

/** Tells of a part what was found since the one before. */
function stepping(report: Report, watch: WatchSteps | undefined): (step: VerifyStep) => void {
  let known = 0
  return (step) => {
    watch?.(step, report.problems.length === known)
    known = report.problems.length
  }
}

function readKeys(keys: unknown, report: Report): KeySet | undefined {
  try {
    return parseKeySet(keys)
  } catch (error) {
    report.fail('KEY_SET', error instanceof Error ? error.message : 'not a key set')
    return undefined
  }
}

function readPolicy(policy: unknown, report: Report): Policy | undefined {
  try {
    return parsePolicy(policy)
  } catch (error) {
    report.fail('POLICY_FORM', error instanceof Error ? error.message : 'not a policy')
    return undefined
  }
}

function readForm(input: unknown, report: Report): Bundle | undefined {
  try {
    const { bundle, faults } = readBundle(input)
    for (const { detail, link } of faults) report.fail('BUNDLE_FORM', detail, link)
    return bundle
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    report.fail('BUNDLE_JSON', error.message)
    return undefined
  }
}

function judge(
  bundle: Bundle,
  { keys, policy }: { keys: KeySet; policy: Policy | undefined },
  report: Report,
  done: (step: VerifyStep) => void,
): Verdict {
  const links = readLinks(bundle.links, report)
  done('digests')
  const isReadable = report.clean
  const trail = isReadable ? arrange(bundle, links, report) : undefined
  if (isReadable) done('chain')
  if (trail === undefined) {
    checkGenuine(links, keys, report)
    return verdictOf(report, { bundle, links })
  }
  const signers = checkSignatures(trail, keys, report)
  done('signatures')
  checkObjects(trail, report)
  done('objects')
  for (const revision of trail.revisions) checkRevision(trail, revision, report)
  done('seal')
  const checkpoint = checkLog(trail, keys, report)
  done('log')
  const isGenuine = checkpoint !== undefined && policy !== undefined
  const answer = isGenuine ? checkPolicy(trail, policy, report) : undefined
  if (isGenuine) done('policy')
  const verdict = verdictOf(report, { bundle, links, trail, signers })
  if (checkpoint === undefined) return verdict
  const { origin, size } = checkpoint
  return {
    ...verdict,
    checkpoint: { origin, size, index: bundle.log.index },
    ...(answer && { policy: answer }),
  }
}

function verdictOf(
  report: Report,
  found?: { bundle: Bundle; links: Link[]; trail?: Trail; signers?: Map<string, Signer> },
): Verdict {
  const { problems, clean: ok } = report
  if (found === undefined) return { ok, links: [], problems }
  const { bundle, links, trail, signers } = found
  const newest = trail?.revisions.at(-1)
  return {
    ok,
    // checked against its closed list when nothing was reported
    ...(ok && newest && { verdict: newest.entry.object.verdict as TrailVerdict }),
    work_order_id: printable(bundle.work_order_id),
    ...(newest && { revision: newest.number }),
    links: links.map(({ name, digest, object }) => ({
      name,
      digest,
      ...signers?.get(name),
      ...(timeOf(object.issued_at) !== undefined && { issued_at: String(object.issued_at) }),
      ok: problems.every(({ link }) => link !== name) && trail !== undefined,
    })),
    problems,
  }
}
