/**
 * The kinds of link, and what each one is (wire format sections 2 to 6). This table is the only
 * list of them: names, ids, signers, trails and what follows what are derived from it.
 */
import type { Role } from '../keys.ts'

/** Whose work a link is. A tool's own links and its contract are signed by its executor. */
type Maker = Exclude<Role, 'log' | 'webhook'> | 'tool'

/**
 * How an order ends that never had a result: intake refused it, its time was over, or an operator
 * released its credits.
 */
export type Ending = 'refused' | 'expired' | 'released'

/** What the wire format fixes per kind of link. */
export interface Kind {
  /** The member that holds the object's own id. */
  readonly id?: string
  /** What that id begins with. */
  readonly prefix?: string
  /**
   * What the number of its id counts, where the id is derived from the work order: the order's only
   * one, attempts, results or revisions. Absent where the id is derived otherwise.
   */
  readonly counts?: 'order' | 'attempt' | 'result' | 'revision'
  /** The roles that may sign it. */
  readonly roles: readonly Role[]
  readonly maker: Maker
  /**
   * Where it stands: in every run's proof trail, in those that name it, in a refused order's, or
   * behind the first seal only. Runs have their links in the order of this table; a tool's own
   * stand in the order that its manifest says.
   */
  readonly place: 'run' | 'named' | 'refusal' | 'later'
  /** Also in the trail of an order that ended so, without a result. */
  readonly endings?: readonly Ending[]
  /** What brings another one: nothing, one more result, one more seal, or whatever happens. */
  readonly repeats: 'never' | 'result' | 'revision' | 'freely'
  /** It follows nothing; every other kind follows at least one earlier link. */
  readonly root?: true
}

/** A tool's own kind, which its manifest's proof trail names. */
const own = {
  counts: 'result',
  roles: ['executor'],
  maker: 'tool',
  place: 'named',
  repeats: 'result',
} as const

/** What closes a revision. */
const closing = {
  counts: 'revision',
  roles: ['attestation'],
  maker: 'attestation',
  place: 'run',
  endings: ['refused', 'expired', 'released'],
  repeats: 'revision',
} as const

const kinds = {
  work_order: {
    id: 'work_order_id',
    prefix: 'wo',
    roles: ['agent'],
    maker: 'agent',
    place: 'run',
    endings: ['refused', 'expired', 'released'],
    repeats: 'never',
    root: true,
  },
  intake_decision: {
    id: 'decision_id',
    prefix: 'dec',
    counts: 'order',
    roles: ['intake'],
    maker: 'intake',
    place: 'refusal',
    endings: ['refused'],
    repeats: 'never',
  },
  recovery_request: {
    roles: ['agent', 'operator'],
    maker: 'agent',
    place: 'later',
    endings: ['released'],
    repeats: 'freely',
  },
  // that a run ended, or a replay: what closes the trail of an order without a result, else news
  expiry: {
    roles: ['dispatch', 'receipt'],
    maker: 'dispatch',
    place: 'later',
    endings: ['expired', 'released'],
    repeats: 'freely',
  },
  execution_command: {
    id: 'tool_command_id',
    prefix: 'cmd',
    counts: 'attempt',
    roles: ['dispatch'],
    maker: 'dispatch',
    place: 'run',
    repeats: 'result',
  },
  evidence_checklist: { id: 'evidence_checklist_id', prefix: 'ec', ...own },
  readiness_result: { id: 'readiness_result_id', prefix: 'rr', ...own },
  reconciliation_result: { id: 'reconciliation_result_id', prefix: 'recon', ...own },
  result_contract: {
    id: 'result_contract_id',
    prefix: 'rc',
    counts: 'result',
    roles: ['executor'],
    maker: 'executor',
    place: 'run',
    repeats: 'result',
  },
  settlement_receipt: {
    id: 'settlement_id',
    prefix: 'stl',
    roles: ['receipt'],
    maker: 'receipt',
    place: 'named',
    repeats: 'freely',
    root: true,
  },
  usage_receipt: {
    id: 'receipt_id',
    prefix: 'usage',
    counts: 'result',
    roles: ['receipt'],
    maker: 'receipt',
    place: 'run',
    repeats: 'result',
  },
  callback_delivery: {
    id: 'callback_event_id',
    prefix: 'cb',
    counts: 'result',
    roles: ['callback'],
    maker: 'callback',
    place: 'run',
    repeats: 'freely',
  },
  ledger_entry: { id: 'ledger_entry_id', prefix: 'le', ...closing },
  attestation: { id: 'attestation_id', prefix: 'att', ...closing },
  operator_decision: { roles: ['operator'], maker: 'operator', place: 'later', repeats: 'freely' },
  // contracts and receipts name tickets that are no links, so its id is no member of a trail
  exception_ticket: {
    roles: ['executor', 'dispatch', 'receipt', 'callback', 'attestation'],
    maker: 'dispatch',
    place: 'later',
    repeats: 'freely',
  },
} as const satisfies Record<string, Kind>

/** A kind of link; the name of a first link of its kind. */
export type LinkName = keyof typeof kinds

/** The prefixes of ids that kinds derive from the work order. */
export type KindPrefix = Extract<
  (typeof kinds)[LinkName],
  { prefix: string; counts: string }
>['prefix']

/** All kinds, in the order of the wire format. */
// Object.keys forgets the key type of a closed literal
export const LINK_NAMES = Object.keys(kinds) as readonly LinkName[]

/** Whether the value is a kind of link. */
export function isLinkName(value: unknown): value is LinkName {
  return typeof value === 'string' && Object.hasOwn(kinds, value)
}

/** What the wire format fixes for a kind of link. */
export function kindOf(name: LinkName): Kind {
  return kinds[name]
}

/** The kinds of which something holds, in the order of the wire format. */
export function kindsWhere(holds: (kind: Kind) => boolean): LinkName[] {
  return LINK_NAMES.filter((name) => holds(kindOf(name)))
}

/** The links that a tool makes beside its result contract. */
export const TOOL_LINKS: readonly LinkName[] = kindsWhere(({ maker }) => maker === 'tool')

/** Members that hold an id of the trail wherever they stand, and the kind that each one names. */
export const ID_MEMBERS: ReadonlyMap<string, LinkName> = new Map(
  LINK_NAMES.flatMap((name) => {
    const { id } = kindOf(name)
    return id === undefined ? [] : [[id, name]]
  }),
)

/** What ids of kinds begin with, where they are derived from the work order. */
export const KIND_PREFIXES: readonly KindPrefix[] = LINK_NAMES.flatMap((name) => {
  const kind: (typeof kinds)[LinkName] = kinds[name]
  return 'counts' in kind ? [kind.prefix] : []
})

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
