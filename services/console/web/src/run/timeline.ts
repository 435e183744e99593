import type { PilotReport, RunEvent } from '@prooftrail/console'
import type { ChainLink } from '@prooftrail/verifier'
import { anchorOf } from '../verify/anchor.ts'

/** One line: the fact, how long after the one before it, and who signed what it tells of. */
export interface Line {
  event: RunEvent
  afterMs: number
  signer?: { party: string; role: string; link: string; anchor: string }
}

/** The kind of link that an event of this type tells of. */
const LINK_OF: Readonly<Record<string, string>> = {
  'work-order.accepted': 'work_order',
  'work-order.rejected': 'intake_decision',
  'execution.bound': 'execution_command',
  'result.accepted': 'result_contract',
  'usage-receipt.issued': 'usage_receipt',
  'callback.attempted': 'callback_delivery',
  'ledger.appended': 'ledger_entry',
  'trail.attested': 'attestation',
  'recovery.accepted': 'recovery_request',
}

/** Events in the order of the broker's clock; the console may have learned them in another. */
export function linesOf(events: readonly RunEvent[], links: readonly ChainLink[]): Line[] {
  const sorted = [...events].sort(
    (a, b) => Date.parse(a.at) - Date.parse(b.at) || a.sequence - b.sequence,
  )
  const seen = new Map<string, number>()
  return sorted.map((event, place) => {
    const before = sorted[place - 1] ?? event
    const afterMs = Date.parse(event.at) - Date.parse(before.at)
    const kind = LINK_OF[event.type]
    if (kind === undefined) return { event, afterMs }
    const number = seen.get(kind) ?? 0
    seen.set(kind, number + 1)
    const name = number === 0 ? kind : `${kind}/${number}`
    const link = links.find((one) => one.name === name)
    if (link?.party === undefined) return { event, afterMs }
    const { party, role = '' } = link
    return { event, afterMs, signer: { party, role, link: name, anchor: anchorOf(name) } }
  })
}

/** A part of the run's time, spent at work or waiting for somebody's turn. */
export interface Stretch {
  name: string
  kind: 'work' | 'wait'
  ms: number
}

/**
 * Where the time of the newest result went: queues apart from work, by the signers' own times.
 * @param links of a trail that verifies; a stretch whose ends are not known is left out
 */
export function stretchesOf(report: PilotReport, links: readonly ChainLink[]): Stretch[] {
  const results = links.filter(({ name }) => /^result_contract(\/\d+)?$/.test(name))
  const suffix = results.length < 2 ? '' : `/${results.length - 1}`
  const of = (kind: string) => links.find(({ name }) => name === `${kind}${suffix}`)
  const command = of('execution_command')
  const asked = suffix === '' ? of('work_order') : lastActBefore(links, command)
  const result = of('result_contract')
  const receipt = of('usage_receipt')
  const delivery = of('callback_delivery')
  const { tried, answered } = attemptsOf(delivery)
  const sealed = sealBehind(links, delivery ?? receipt)
  const all: [string, Stretch['kind'], string | undefined, string | undefined][] = [
    ['until it was paid and commanded', 'wait', asked?.issued_at, command?.issued_at],
    [`${report.pilot.tool ?? 'the tool'} at work`, 'work', command?.issued_at, result?.issued_at],
    ['until the receipt', 'wait', result?.issued_at, receipt?.issued_at],
    ['until the callback was tried', 'wait', receipt?.issued_at, tried],
    ['callback under way', 'work', tried, answered],
    ['until it was sealed', 'wait', answered ?? receipt?.issued_at, sealed?.issued_at],
  ]
  return all.flatMap(([name, kind, from, to]) => {
    if (from === undefined || to === undefined) return []
    return [{ name, kind, ms: Math.max(0, Date.parse(to) - Date.parse(from)) }]
  })
}

/** The act that a replay followed. */
function lastActBefore(links: readonly ChainLink[], command: ChainLink | undefined) {
  const before = command ? links.slice(0, links.indexOf(command)) : []
  return before.findLast(({ name }) => name.startsWith('recovery_request'))
}

function sealBehind(links: readonly ChainLink[], last: ChainLink | undefined) {
  const behind = last ? links.slice(links.indexOf(last)) : []
  return behind.find(({ name }) => /^attestation(\/\d+)?$/.test(name))
}

function attemptsOf(delivery: ChainLink | undefined): { tried?: string; answered?: string } {
  const { attempts } = Object(delivery?.object)
  const all: unknown[] = Array.isArray(attempts) ? attempts : []
  const { started_at } = Object(all[0])
  const { finished_at } = Object(all.at(-1))
  return {
    ...(typeof started_at === 'string' ? { tried: started_at } : {}),
    ...(typeof finished_at === 'string' ? { answered: finished_at } : {}),
  }
}
