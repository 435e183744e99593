import { type Command, type Context, meaningOf, type RecordDraft } from '@prooftrail/executor-sdk'
import { type Capacity, readCapacity } from './capacity.ts'
import { classNamed, type Profile, profileOf } from './profile.ts'

/** What the order says about the project, in one shape. */
export interface ProjectContext {
  project: { [member: string]: string | string[] }
  /** As it was given. */
  given: { readonly [member: string]: unknown }
  profile: Profile
  capacity?: Capacity
  known_gaps: KnownGap[]
  findings: RecordDraft[]
}

/** A gap that the agent knows of; `about` is an evidence class where it names one, else as written. */
export interface KnownGap {
  about: string
  detail: string
}

const MEMBERS = [
  'utility_territory',
  'project_reference',
  'project_name',
  'technology_type',
  'queue_reference',
] as const

/** More than any one connection takes: a unit was mistaken. */
const IMPLAUSIBLE_MW = 5_000

/** Reads workflow_context. Capacity is in MW AC unless capacity_unit says otherwise. */
export function readContext(command: Command, manifest: Context['manifest']): ProjectContext {
  const context = membersOf(command.workflow_context)
  const { profile, known } = profileOf(manifest, context.profile)
  const project: ProjectContext['project'] = { profile: profile.name }
  for (const member of MEMBERS) {
    const value = context[member]
    if (typeof value === 'string') project[member] = value
  }
  const findings: RecordDraft[] = []
  const correct = (about: string, summary: string) =>
    findings.push({
      exception_type: 'needs_operator_review',
      status: 'waiting_on_operator',
      summary,
      missing_items: [about],
      next_action: 'correct_project_context',
    })
  if (context.profile !== undefined && !known) {
    const names = Object.keys(manifest.profiles ?? {}).join(', ')
    correct('profile', `the profile ${String(context.profile)} is not known; known are ${names}`)
  }
  let capacity: Capacity | undefined
  if (context.capacity !== undefined) {
    const unit = typeof context.capacity_unit === 'string' ? context.capacity_unit : 'MW AC'
    project.capacity = String(context.capacity)
    project.capacity_unit = unit
    const read = readCapacity(context.capacity, unit, 'capacity', 'the order')
    if ('reason' in read) correct('capacity', read.reason)
    else {
      capacity = read.capacity
      if (capacity.mw.gt(IMPLAUSIBLE_MW)) {
        correct('capacity', `${capacity.text} is more than ${IMPLAUSIBLE_MW} MW: look at its unit`)
      }
    }
  }
  const absent = [...MEMBERS, 'capacity'].filter((member) => project[member] === undefined)
  if (absent.length > 0) project.not_given = absent
  const classes = Object.keys(manifest.evidence)
  const known_gaps = readGaps(context.known_gaps).map((gap) => ({
    ...gap,
    about: classNamed(gap.about, classes, profile.aliases) ?? gap.about,
  }))
  return {
    project,
    given: context,
    profile,
    ...(capacity ? { capacity } : {}),
    known_gaps,
    findings,
  }
}

/** Gaps that are still open: one that says that it is settled is none. */
function readGaps(given: unknown): KnownGap[] {
  const list: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given]
  return list.flatMap((gap) => {
    if (typeof gap === 'string') return [{ about: gap, detail: 'a known gap' }]
    const { about, detail, status } = membersOf(gap)
    if (typeof status === 'string' && meaningOf(status) === 'done') return []
    return [{ about: String(about ?? 'packet'), detail: String(detail ?? 'a known gap') }]
  })
}

function membersOf(value: unknown): { [member: string]: unknown } {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}
