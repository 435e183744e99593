import { type EvidenceItem, isBefore, readTime, type Time } from '@prooftrail/executor-sdk'
import type { Milestone } from './milestones.ts'
import { firstOf, isDescribedBy } from './words.ts'

const ENDS = [
  'expires_at',
  'expires_on',
  'expires',
  'expiry_date',
  'expiration_date',
  'valid_until',
  'term_ends',
  'term_end',
  'end_date',
]
/** What has no term. */
const FOR_EVER = ['deed', 'fee simple', 'ownership', 'fee title']
const IN_SERVICE = ['commercial operation', 'in service', 'energization', 'synchronization']
const STUDY = ['study']

/** A date that control of the site has to reach. */
export interface Horizon {
  what: string
  text: string
  time: Time
}

/** The open studies' and the in-service dates that the packet names. */
export function horizonsOf(
  milestones: readonly Milestone[],
  context: { readonly [member: string]: unknown },
): Horizon[] {
  const named = milestones.flatMap(({ name, item, done, due }): Horizon[] => {
    if (done || due === undefined || !('time' in due.read)) return []
    const own = { ...item, name, reference: name }
    if (!isDescribedBy(own, [...IN_SERVICE, 'cod', ...STUDY])) return []
    return [{ what: name, text: due.text, time: due.read.time }]
  })
  const said = firstOf(context, ['in_service_date', 'commercial_operation_date', 'cod'])
  const read = said === undefined ? undefined : readTime(said.value)
  return read && 'time' in read && said
    ? [...named, { what: said.member, text: String(said.value), time: read.time }]
    : named
}

/** Why a lease or option does not last: it ends before what it has to reach. */
export function siteControlFaults(item: EvidenceItem, horizons: readonly Horizon[]): string[] {
  if (isDescribedBy(item, FOR_EVER)) return []
  const ends = firstOf(item, ENDS)
  if (ends === undefined) return []
  const read = readTime(ends.value)
  if ('reason' in read)
    return [`${ends.member} ${String(ends.value)} cannot be read: ${read.reason}`]
  return horizons.flatMap(({ what, text, time }) =>
    isBefore(read.time, time)
      ? [`ends ${String(ends.value)} (${ends.member}), before ${what} on ${text}`]
      : [],
  )
}
