/**
 * The acts by which an agent or an operator puts an open run right: who may, in which state, what it
 * costs and what it changes. This table is the only list of them: what dispatch decides, what reports
 * offer, what the command line prints and docs/acts.md follow from it.
 */
import type { ActState, RecoveryAction } from '@prooftrail/trail/vocabulary'

/** Who asks. */
export type Actor = 'agent' | 'operator'

export interface Act {
  /** Who may ask for it; an agent only for runs of its own orders. */
  readonly by: readonly Actor[]
  /** The kind of link that it is: a request, or an operator's decision. */
  readonly link: 'recovery_request' | 'operator_decision'
  /** States that allow it. */
  readonly states: readonly ActState[]
  /** `difference`: the price without what was debited for the run before. */
  readonly costs: 'nothing' | 'difference'
  /** What it changes, in a sentence. */
  readonly changes: string
  /** What the runtime state of a sealed run is with it; absent: what it was. */
  readonly leads_to?: 'replay_ready' | 'operating' | 'closed'
  /** What asking again under another key does. */
  readonly again: string
  /** The command that does it; `WO` stands for the work order. */
  readonly command: string
}

/** Every act by its name. */
export const ACTS: Readonly<Record<RecoveryAction, Act>> = {
  add_evidence: {
    by: ['agent', 'operator'],
    link: 'recovery_request',
    states: ['partial', 'failed'],
    costs: 'nothing',
    changes: 'What is added to open evidence classes is given to the tool with the next replay.',
    leads_to: 'replay_ready',
    again: 'adds more items',
    command: 'prooftrail evidence add WO FILE',
  },
  request_evidence: {
    by: ['operator'],
    link: 'recovery_request',
    states: ['partial', 'failed'],
    costs: 'nothing',
    changes:
      'The agent is sent a callback of its own, with the evidence classes that are open and until when they are asked for.',
    again: 'asks once more, in one more callback',
    command: 'prooftrail act WO request_evidence --reason TEXT',
  },
  replay_from_checkpoint: {
    by: ['agent', 'operator'],
    link: 'recovery_request',
    states: ['partial', 'failed'],
    costs: 'difference',
    changes:
      'The tool works again, with the evidence that was added. Its result is one more of the same trail; the results before it stay as they are.',
    leads_to: 'operating',
    again: 'is refused while the replay goes on; then makes one more result',
    command: 'prooftrail replay WO',
  },
  rerun_result_contract: {
    by: ['operator'],
    link: 'recovery_request',
    states: ['partial', 'failed'],
    costs: 'difference',
    changes:
      'The tool works again with the very evidence of its newest result, as after it was mended. What was added since stays for a replay.',
    leads_to: 'operating',
    again: 'is refused while it goes on; then makes one more result',
    command: 'prooftrail act WO rerun_result_contract --reason TEXT',
  },
  retry_callback: {
    by: ['agent', 'operator'],
    link: 'recovery_request',
    states: ['partial', 'failed', 'ready'],
    costs: 'nothing',
    changes:
      'Every callback of the run that was given up is tried again: the same bytes under the same id, ten attempts more. Its ticket is resolved.',
    again: 'is refused until a callback is given up again',
    command: 'prooftrail act WO retry_callback --reason TEXT',
  },
  advance_queue: {
    by: ['operator'],
    link: 'recovery_request',
    states: ['operating', 'stalled'],
    costs: 'nothing',
    changes:
      'The next attempt is commanded at once; a result of the one before is no longer taken.',
    again: 'commands one more attempt',
    command: 'prooftrail act WO advance_queue --reason TEXT',
  },
  release_credit_allocation: {
    by: ['operator'],
    link: 'recovery_request',
    states: ['credit_pending', 'replay_waiting', 'stalled'],
    costs: 'nothing',
    changes:
      'What is held for the run is free again, or its wait for credits ends, and no result of its attempts counts any more. A replay ends so, and the result before it stands; a run without a result is then `closed`.',
    again: 'is refused: nothing is held, and nothing waits',
    command: 'prooftrail act WO release_credit_allocation --reason TEXT',
  },
  close_exception: {
    by: ['operator'],
    link: 'operator_decision',
    states: ['operating', 'replay_waiting', 'stalled', 'partial', 'failed', 'ready'],
    costs: 'nothing',
    changes: 'The ticket is closed.',
    again: 'is refused: the ticket is not open',
    command: 'prooftrail act WO close_exception --exception ID --reason TEXT',
  },
  close: {
    by: ['operator'],
    link: 'operator_decision',
    states: ['partial', 'failed', 'ready'],
    costs: 'nothing',
    changes: 'The run ends as it stands, and its open tickets are closed. No act follows.',
    leads_to: 'closed',
    again: 'is refused: the run is closed',
    command: 'prooftrail close WO --reason TEXT',
  },
}

/** The kinds of link that acts are. */
export const ACT_LINKS: readonly Act['link'][] = ['recovery_request', 'operator_decision']

/** The names of all acts. */
// Object.keys forgets the key type of a closed record
export const ACT_NAMES = Object.keys(ACTS) as readonly RecoveryAction[]

/** The acts that a state allows; those of one actor where one is named. */
export function actsAllowed(state: ActState, by?: Actor): RecoveryAction[] {
  return ACT_NAMES.filter(
    (name) => ACTS[name].states.includes(state) && (by === undefined || ACTS[name].by.includes(by)),
  )
}

/** The command that does an act on a work order. */
export function commandOf(action: RecoveryAction, workOrderId: string): string {
  return ACTS[action].command.replace('WO', workOrderId)
}

/** `object_type` of an act, by the kind of its link (objects of the mission; an operator's own). */
export function actObjectType(link: Act['link']): string {
  return link === 'recovery_request' ? 'agent_recovery_request' : link
}
