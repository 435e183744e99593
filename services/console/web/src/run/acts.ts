import type { PilotReport } from '@prooftrail/console'
import type { RecoveryAction } from '@prooftrail/contracts'
import { ACTS } from '@prooftrail/contracts/acts'
import { ask } from '../data/api.ts'
import type { ActsView, Session } from '../data/queries.ts'
import { words } from '../ui/words.ts'

type Option = PilotReport['options'][number]

/** What judges whether an act is offered. */
export interface Judging {
  option: Option | undefined
  /** Where dispatch says that the run stands; it has the last word. */
  view: ActsView | undefined
  role: Session['role']
}

/** Why an act is not offered now; undefined where it is. */
export function whyNot(
  action: RecoveryAction,
  { option, view, role }: Judging,
): string | undefined {
  if (role === 'viewer') return 'A viewer reads; acts want the role operator.'
  if (!ACTS[action].by.includes('operator')) return 'Only the agent asks for it.'
  if (view && !view.allowed_acts.includes(action)) return `The run is ${words(view.state)}.`
  if (option && !option.applies) return `${option.reason}.`
  if (!view && !option) return 'There is no run that acts are judged on.'
  return undefined
}

/** An act as an operator asks for it; the door signs it. */
export interface ActBody {
  work_order_id: string
  recovery_action: RecoveryAction
  /** The same key is the same act, however often it is sent. */
  idempotency_key: string
  reason: string
  exception_id?: string
  new_evidence_items?: readonly { evidence_class: string; evidence: unknown }[]
}

export interface DryRun {
  act: { recovery_action: string; status: string; changes: string }
  credits: number
  leads_to?: string
}

export interface Acted {
  act: { status: 'accepted' | 'asked' }
  run: ActsView
}

const path = ({ work_order_id }: ActBody) => `/v1/tasks/${encodeURIComponent(work_order_id)}/acts`

/** What the act would do. @throws Problem with the refusal that it would get */
export const tryAct = (body: ActBody) =>
  ask<DryRun>(`${path(body)}?dry_run=1`, { method: 'POST', body })

/** @throws Problem */
export const doAct = (body: ActBody) => ask<Acted>(path(body), { method: 'POST', body })

/** The same act by command line and by `curl`. */
export function actCommands(body: ActBody): [string, string][] {
  const { work_order_id: id, recovery_action: action, reason, exception_id } = body
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const more = exception_id === undefined ? '' : ` --exception ${exception_id}`
  const cli =
    action === 'add_evidence'
      ? `prooftrail evidence add ${id} FILE --reason ${quoted(reason)}`
      : `prooftrail act ${id} ${action}${more} --reason ${quoted(reason)}`
  const curl = `curl -X POST -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))} ${location.origin}${path(body)}`
  return [
    ['the act', cli],
    ['the act by curl', curl],
  ]
}
