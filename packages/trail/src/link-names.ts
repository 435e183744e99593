/** The closed list of links, and what each one is (wire format sections 2 to 4). */
import type { IdPrefix } from './ids.ts'
import type { Role } from './keys.ts'

/** What the wire format fixes per kind of link. */
interface LinkKind {
  /** The member that holds the object's own id. */
  readonly id?: string
  /** The prefix of that id, where it is derived from the work order. */
  readonly prefix?: IdPrefix
  /** The roles that may sign it. */
  readonly roles: readonly Role[]
}

export const linkKinds = {
  work_order: { id: 'work_order_id', roles: ['agent'] },
  intake_decision: { id: 'decision_id', prefix: 'dec', roles: ['intake'] },
  execution_command: { id: 'tool_command_id', prefix: 'cmd', roles: ['dispatch'] },
  evidence_checklist: { id: 'evidence_checklist_id', prefix: 'ec', roles: ['executor'] },
  readiness_result: { id: 'readiness_result_id', prefix: 'rr', roles: ['executor'] },
  reconciliation_result: { id: 'reconciliation_result_id', prefix: 'recon', roles: ['executor'] },
  result_contract: { id: 'result_contract_id', prefix: 'rc', roles: ['executor'] },
  settlement_receipt: { id: 'settlement_id', roles: ['receipt'] },
  usage_receipt: { id: 'receipt_id', prefix: 'usage', roles: ['receipt'] },
  callback_delivery: { id: 'callback_event_id', prefix: 'cb', roles: ['callback'] },
  ledger_entry: { id: 'ledger_entry_id', prefix: 'le', roles: ['attestation'] },
  attestation: { id: 'attestation_id', prefix: 'att', roles: ['attestation'] },
  recovery_request: { roles: ['agent', 'operator'] },
  operator_decision: { roles: ['operator'] },
  exception_ticket: { roles: ['executor', 'dispatch', 'receipt', 'callback', 'attestation'] },
} as const satisfies Record<string, LinkKind>

/** A kind of link; the name of a first link of its kind. */
export type LinkName = keyof typeof linkKinds

/** All kinds, in the order of the wire format. */
// Object.keys forgets the key type of a closed literal
export const LINK_NAMES = Object.keys(linkKinds) as readonly LinkName[]

/** Whether the value is a kind of link. */
export function isLinkName(value: unknown): value is LinkName {
  return typeof value === 'string' && Object.hasOwn(linkKinds, value)
}

/** What the wire format fixes for a kind of link. */
export function kindOf(name: LinkName): LinkKind {
  return linkKinds[name]
}

/**
 * A link's name taken apart: the kind, and which one of its kind it is (0 for the first).
 * Undefined for a name outside the list, and for a number with a leading zero.
 */
export function parseLinkName(name: string): { kind: LinkName; n: number } | undefined {
  const [, kind, digits] = /^([a-z_]+)(?:\/([1-9][0-9]{0,5}))?$/.exec(name) ?? []
  return isLinkName(kind) ? { kind, n: Number(digits ?? 0) } : undefined
}

/** The name of the n-th link of a kind: the bare kind for n = 0, else `<kind>/<n>`. */
export function linkNameOf(kind: LinkName, n: number): string {
  return n === 0 ? kind : `${kind}/${n}`
}
