import {
  type Command,
  type Context,
  type EvidenceItem,
  type EvidenceLine,
  evidenceClassOf,
  judgeItems,
  type RecordDraft,
  type RuleBook,
} from '@prooftrail/executor-sdk'
import type { Capacity } from './capacity.ts'
import { openLetters } from './letters.ts'
import { type MilestoneSummary, readMilestones, summarizeMilestones } from './milestones.ts'
import type { Profile } from './profile.ts'
import type { ProjectContext } from './project-context.ts'
import { checkRequirements } from './requirements.ts'
import { reviewCapacity } from './review-capacity.ts'
import type { RuleId } from './rules.ts'
import { horizonsOf, siteControlFaults } from './site-control.ts'
import { supersededStudies } from './studies.ts'

/** What speaks against a class, and what a person has to look at. */
export interface Review {
  faults: { about: string; detail: string }[]
  findings: RecordDraft[]
  summary: MilestoneSummary
  /** Lines that a rule has made better: a later study in place of an outdated one. */
  mended: ReadonlyMap<string, Pick<EvidenceLine, 'state' | 'detail'>>
}

/** Everything that the packet's items say about each other. Pure. */
export function reviewPacket(
  command: Command,
  { items, manifest }: Pick<Context, 'items' | 'manifest'>,
  project: ProjectContext,
  book: RuleBook<RuleId>,
): Review {
  const now = Date.parse(command.issued_at)
  const { profile } = project
  const milestones = readMilestones(items('milestones'), profile.date_order)
  const { summary, overdue, unread } = summarizeMilestones(milestones, now)
  const review: Review = { faults: [], findings: [...project.findings], summary, mended: new Map() }
  for (const { name, due } of overdue) {
    review.findings.push(milestoneFinding(name, `was due ${due?.text} and is not reported as done`))
  }
  for (const { name, due } of unread) {
    const reason = due && 'reason' in due.read ? due.read.reason : ''
    review.findings.push(milestoneFinding(name, `has the date ${due?.text}: ${reason}`))
  }
  const told = [...overdue, ...unread].map(({ name }) => name)
  book.apply('milestones', { ...summary }, told.length > 0 ? 'review_milestone' : 'holds')
  const horizons = horizonsOf(milestones, project.given)
  for (const item of items('site_control')) {
    const found = siteControlFaults(item, horizons)
    conclude(review, book, 'site_control', 'site_control', item, found, 'differs')
  }
  reviewLetters(review, items('correspondence'), now, book)
  reviewStudies(review, items('study_artifacts'), manifest, profile, command.issued_at, book)
  const capacity = reviewCapacity(review, items, project.capacity, book)
  reviewProfile(review, profile, items, manifest, command.issued_at, capacity, book)
  return review
}

function milestoneFinding(name: string, what: string): RecordDraft {
  return {
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary: `milestone ${name} ${what}`,
    missing_items: [name],
    next_action: 'review_milestone',
  }
}

function conclude(
  review: Review,
  book: RuleBook<RuleId>,
  rule: RuleId,
  about: string,
  { reference }: EvidenceItem,
  found: readonly string[],
  outcome: string,
): void {
  book.apply(rule, { item: reference, found: [...found] }, found.length > 0 ? outcome : 'holds')
  for (const fault of found) review.faults.push({ about, detail: `${reference} ${fault}` })
}

function reviewLetters(
  review: Review,
  letters: readonly EvidenceItem[],
  now: number,
  book: RuleBook<RuleId>,
): void {
  const open = openLetters(letters, now)
  for (const { kind, detail, letter } of open) {
    book.apply('letters', { item: letter.reference, found: detail }, 'open')
    if (kind === 'answered_late') {
      review.findings.push({
        exception_type: 'needs_operator_review',
        status: 'waiting_on_operator',
        summary: detail,
        missing_items: [letter.reference],
        next_action: 'review_correspondence',
      })
    } else review.faults.push({ about: 'correspondence', detail })
    if (kind === 'withdrawal') review.faults.push({ about: 'applications', detail })
  }
  if (open.length === 0) book.apply('letters', { letters: letters.length }, 'holds')
}

function reviewStudies(
  review: Review,
  studies: readonly EvidenceItem[],
  manifest: Context['manifest'],
  profile: Profile,
  issued_at: string,
  book: RuleBook<RuleId>,
): void {
  const rules = evidenceClassOf(manifest, 'study_artifacts')
  const superseded = supersededStudies(studies, profile.studies, rules, issued_at)
  for (const [old, by] of superseded) {
    book.apply('studies', { item: old.reference, by: by.reference }, 'superseded')
  }
  if (superseded.size === 0) return
  const left = studies.filter((item) => !superseded.has(item))
  review.mended = new Map([['study_artifacts', judgeItems(left, rules, issued_at)]])
}

function reviewProfile(
  review: Review,
  profile: Profile,
  items: Context['items'],
  manifest: Context['manifest'],
  issued_at: string,
  capacity: Capacity | undefined,
  book: RuleBook<RuleId>,
): void {
  const usable = (about: string) => {
    const rules = evidenceClassOf(manifest, about)
    return items(about).filter((item) => judgeItems([item], rules, issued_at).state === 'present')
  }
  for (const { requirement, fault } of checkRequirements(profile, usable, capacity)) {
    const { id, sentence, source } = requirement
    book.apply('profile', { requirement: id, source }, fault === undefined ? 'holds' : 'not_met')
    if (fault === undefined) continue
    review.faults.push({ about: 'applications', detail: `${sentence} (${source}): ${fault}` })
  }
  const { above_mw } = profile
  if (above_mw !== undefined && capacity?.mw.lte(above_mw)) {
    review.findings.push({
      exception_type: 'needs_operator_review',
      status: 'waiting_on_operator',
      summary: `${profile.title} is for more than ${above_mw} MW; ${capacity.source} says ${capacity.text}`,
      missing_items: ['profile'],
      next_action: 'correct_project_context',
    })
  }
}
