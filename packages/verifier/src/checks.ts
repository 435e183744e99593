/** The verifier's checks in the order in which they rest on each other. */
import type { Problem, Verdict, VerifyStep } from '@prooftrail/trail'
import { PROBLEM_SECTIONS, type ProblemCode } from '@prooftrail/trail/format'

/** One group of checks, and what came of it. */
export interface Check {
  /** The part of the verification that it tells of. */
  readonly step: VerifyStep
  readonly title: string
  /** What it establishes, for whoever reads it the first time. */
  readonly says: string
  /** Sections of the wire format that its rules stand in. */
  readonly sections: readonly number[]
  /** `unreached`: something before it failed, so there was nothing to check it on. */
  readonly outcome: 'passed' | 'failed' | 'unreached'
  readonly problems: readonly Problem[]
}

interface Group {
  readonly step: VerifyStep
  readonly title: string
  readonly says: string
  readonly codes: readonly ProblemCode[]
  /** What follows needs it: a fault here leaves the rest unreached. */
  readonly ends?: true
  /** Checked only where this file was given too. */
  readonly asked?: 'policy'
}

const GROUPS: readonly Group[] = [
  {
    step: 'keys',
    title: 'The key list can be read',
    says: 'Each key names its owner, its roles and when it counts.',
    codes: ['KEY_SET'],
    ends: true,
  },
  {
    step: 'form',
    title: 'The file is a trail',
    says: 'It is strict JSON with the members of a bundle and no others.',
    codes: ['BUNDLE_JSON', 'BUNDLE_FORM', 'INTERNAL'],
    ends: true,
  },
  {
    step: 'digests',
    title: 'Every link holds what its digest says',
    says: 'Digests are worked out again from the bytes in their one canonical spelling.',
    codes: ['LINK_FORM', 'LINK_DIGEST'],
    ends: true,
  },
  {
    step: 'chain',
    title: 'The chain is whole',
    says: 'No link is missing, surplus or out of order, and each names by digest what it follows.',
    codes: ['PILOT', 'LINK_ORDER', 'LINK_AFTER'],
    ends: true,
  },
  {
    step: 'signatures',
    title: 'Every link is signed by who may sign it',
    says: 'Each signature is checked; its key is in the list, has the role, and counted at that time.',
    codes: [
      'LINK_SIGNATURE',
      'KEY_UNKNOWN',
      'KEY_ROLE',
      'KEY_PARTY',
      'KEY_NOT_YET_VALID',
      'KEY_EXPIRED',
      'KEY_REVOKED',
    ],
  },
  {
    step: 'objects',
    title: 'The objects agree with each other',
    says: 'Ids derive from the order, times are in order, evidence, score and credits add up.',
    codes: ['OBJECT_FORM', 'OBJECT_ID', 'OBJECT_TIME', 'OBJECT_MISMATCH', 'EVIDENCE', 'CREDITS'],
  },
  {
    step: 'seal',
    title: 'The entry and the seal are those of this trail',
    says: 'The ledger entry records every link, and the seal covers them all with this verdict.',
    codes: ['ENTRY', 'VERDICT', 'SEAL'],
  },
  {
    step: 'log',
    title: 'The trail is in the public log',
    says: 'The audit path leads from the entry to the tree head that the log signed.',
    codes: ['LOG_CHECKPOINT', 'LOG_INCLUSION'],
  },
  {
    step: 'policy',
    title: 'Enough witnesses saw the same log',
    says: 'Your policy names whose cosignatures you ask for besides the log’s own signature.',
    codes: ['POLICY_FORM', 'POLICY_LOG_KEY', 'POLICY_COSIGNATURES'],
    asked: 'policy',
  },
]

/** The codes that some group tells of. */
export const TOLD_CODES: readonly ProblemCode[] = GROUPS.flatMap(({ codes }) => codes)

/** Every group of checks with its outcome, in order. @param withPolicy whether a policy was given */
export function checksOf({ problems }: Pick<Verdict, 'problems'>, withPolicy: boolean): Check[] {
  let reached = true
  const asked = GROUPS.filter((group) => group.asked === undefined || withPolicy)
  return asked.map(({ step, title, says, codes, ends }) => {
    const found = problems.filter(({ code }) => codes.includes(code))
    const outcome = found.length > 0 ? 'failed' : reached ? 'passed' : 'unreached'
    if (ends === true && found.length > 0) reached = false
    const sections = [...new Set(codes.map((code) => PROBLEM_SECTIONS[code]))].sort()
    return { step, title, says, sections, outcome, problems: found }
  })
}
