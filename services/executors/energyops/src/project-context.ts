import type { Command, RecordDraft } from '@prooftrail/executor-sdk'

/** What the order says about the project, in one shape. */
export interface ProjectContext {
  project: { [member: string]: string | string[] }
  known_gaps: KnownGap[]
  findings: RecordDraft[]
}

/** A gap that the agent knows of; `about` is an evidence class or anything else. */
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

const AMOUNT = /^(?:0|[1-9]\d*)(?:\.\d+)?$/

/** Reads workflow_context. Capacity is in MW AC unless capacity_unit says otherwise. */
export function readContext(command: Command): ProjectContext {
  const context = membersOf(command.workflow_context)
  const project: ProjectContext['project'] = {}
  for (const member of MEMBERS) {
    const value = context[member]
    if (typeof value === 'string') project[member] = value
  }
  const findings: RecordDraft[] = []
  if (context.capacity !== undefined) {
    const capacity = String(context.capacity)
    project.capacity = capacity
    project.capacity_unit =
      typeof context.capacity_unit === 'string' ? context.capacity_unit : 'MW AC'
    if (!AMOUNT.test(capacity) || Number(capacity) === 0) {
      findings.push({
        exception_type: 'needs_operator_review',
        status: 'waiting_on_operator',
        summary: `capacity ${capacity} is no amount of ${project.capacity_unit}`,
        missing_items: ['capacity'],
        next_action: 'correct_project_context',
      })
    }
  }
  const absent = [...MEMBERS, 'capacity'].filter((member) => project[member] === undefined)
  if (absent.length > 0) project.not_given = absent
  return { project, known_gaps: readGaps(context.known_gaps), findings }
}

function readGaps(given: unknown): KnownGap[] {
  const list: unknown[] = Array.isArray(given) ? given : []
  return list.map((gap) => {
    if (typeof gap === 'string') return { about: gap, detail: 'a known gap' }
    const { about, detail } = membersOf(gap)
    return { about: String(about ?? 'packet'), detail: String(detail ?? 'a known gap') }
  })
}

function membersOf(value: unknown): { [member: string]: unknown } {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}
