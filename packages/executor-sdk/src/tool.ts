import type {
  EvidenceState,
  EvidenceStatus,
  ExceptionType,
  ExecutionCommand,
  Json,
  Manifest,
  NextAction,
  OpenItem,
  Severity,
  TicketStatus,
} from '@prooftrail/contracts'
import type { LinkName } from '@prooftrail/trail'
import type { EvidenceItem } from './assess-evidence.ts'

/** What a tool's author sees: one function from a command to a result. */
export type Execute = (command: Command, context: Context) => ToolResult | Promise<ToolResult>

/** What the executor is told to do, as dispatch signed it; one per attempt. A copy: change it freely. */
export type Command = ExecutionCommand

/** What a run may use besides its command. Nothing here makes two runs of a pure tool differ. */
export interface Context {
  /** The command's `issued_at`: the only clock that a pure tool needs. */
  now: string
  /** The tool's own manifest: its classes, their words, whatever else it publishes. */
  manifest: Manifest
  /** What the manifest and the command's evidence say already, class by class. */
  assessment: Assessment
  /** The items of one evidence class that count, in the command's order. */
  items(evidenceClass: string): EvidenceItem[]
  /** The same rule for lines that the tool has corrected. */
  assess(lines: readonly EvidenceLine[]): Assessment
  /** Aborted when a time limit passes or the process stops. */
  signal: AbortSignal
  /** Says that the run is alive, and how far it is. Needed only to say something: the SDK beats. */
  heartbeat(note?: string, percent?: number): void
  log: Log
}

/** One line per event, as pino writes it; never an item's content or a secret. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** A log whose every line says what it is about. */
export function logAbout(log: Log, about: object): Log {
  return {
    info: (fields, message) => log.info({ ...about, ...fields }, message),
    warn: (fields, message) => log.warn({ ...about, ...fields }, message),
  }
}

/** One evidence class of the manifest, as a command meets it. */
export interface EvidenceLine {
  evidence_class: string
  required: boolean
  state: EvidenceState
  /** References of the items that count, in the command's order. */
  references: string[]
  /** Why the state is not `present`, in plain words. */
  detail?: string
}

export interface Assessment {
  evidence_status: EvidenceStatus
  /** 0 to 100, whole. 100 is sufficient, and nothing else is. */
  evidence_score: number
  /** One per class of the manifest, in the manifest's order. */
  lines: EvidenceLine[]
}

/** A ticket that the tool opens itself; the SDK adds ids and times, and the evidence_gap. */
export interface TicketDraft {
  exception_type: Exclude<ExceptionType, 'evidence_gap'>
  severity: Severity
  status?: TicketStatus
  summary: string
  missing_items?: string[]
  next_action?: string
}

/** An object of the tool's own that becomes a link of the trail; the SDK adds its id and times. */
export interface ToolObject {
  name: LinkName
  object: { [member: string]: Json }
}

/** What a tool concludes. The evidence alone decides whether it is ready, partial or failed. */
export interface ToolResult {
  /** Absent: the SDK's own assessment stands. Else one line per class of the manifest. */
  evidence?: readonly EvidenceLine[]
  /** Beyond the evidence that is missing, stale or unresolved, which the SDK names. */
  open_items?: readonly OpenItem[]
  /** In the tool's order, before what the SDK adds for evidence that nobody answered. */
  next_actions?: readonly NextAction[]
  /** The answer itself. */
  result_package: { [member: string]: Json }
  /** Work done, findings, open items, next actions: in plain words, never empty. */
  human_summary: string
  /** The tool's own links, in the order of the manifest's proof_trail. */
  links?: readonly ToolObject[]
  exceptions?: readonly TicketDraft[]
}
