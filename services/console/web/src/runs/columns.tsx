/** Every column that a list of runs can have. */
import type { RunRow } from '../data/rows.ts'
import { State } from '../ui/parts.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { short, words } from '../ui/words.ts'
import type { Column } from './search.ts'

const CELLS: Readonly<Record<Column, Omit<TableColumn<RunRow>, 'id'>>> = {
  state: { label: 'State', width: '9.5rem', cell: (row) => <State name={row.lifecycle_state} /> },
  waits_for: { label: 'Waits for', width: '7rem', cell: (row) => words(row.waits_for) },
  capability: {
    label: 'Capability',
    width: 'minmax(11rem, 1.6fr)',
    cell: (row) => words(row.requested_capability ?? ''),
  },
  tool: { label: 'Tool', width: 'minmax(6rem, .7fr)', cell: (row) => row.requested_tool },
  agent: { label: 'Agent', width: 'minmax(7rem, 1fr)', cell: (row) => row.agent_id },
  verdict: {
    label: 'Verdict',
    width: '6rem',
    cell: (row) => row.verdict && <State name={row.verdict} />,
  },
  evidence: {
    label: 'Evidence',
    width: 'minmax(8rem, 1.4fr)',
    cell: evidenceOf,
  },
  callback: {
    label: 'Callback',
    width: '7rem',
    cell: (row) => row.callback_status && <State name={row.callback_status} />,
  },
  credits: { label: 'Credits', width: '5rem', isNumber: true, cell: (row) => row.credits_debited },
  exceptions: {
    label: 'Open exceptions',
    width: '5rem',
    isNumber: true,
    cell: (row) => row.open_exceptions || '',
  },
  revision: { label: 'Revision', width: '5rem', isNumber: true, cell: (row) => row.revision },
  log_index: { label: 'Log index', width: '6rem', isNumber: true, cell: (row) => row.log_index },
  accepted: {
    label: 'Accepted',
    width: '8rem',
    cell: (row) => row.accepted_at && <Time at={row.accepted_at} relative />,
  },
  changed: {
    label: 'Last changed',
    width: '8rem',
    cell: (row) => <Time at={row.changed_at} relative />,
  },
}

/** How good the evidence is, and what is open, so that the list says what to add. */
function evidenceOf({ evidence_status, evidence_score, open_items = [] }: RunRow) {
  if (evidence_status === undefined) return undefined
  const open = open_items.map(words).join(', ')
  return (
    <span title={open === '' ? undefined : `open: ${open}`}>
      {evidence_status}, {evidence_score ?? '–'}
      {open === '' ? '' : `, open: ${open}`}
    </span>
  )
}

/** The id stands first in every list. */
const RUN: TableColumn<RunRow> = {
  id: 'run',
  label: 'Run',
  width: '9.5rem',
  cell: (row) => <code>{short(row.work_order_id)}</code>,
}

export function columnsOf(names: readonly Column[]): TableColumn<RunRow>[] {
  return [RUN, ...names.map((id) => ({ id, ...CELLS[id] }))]
}

export function columnLabel(name: Column): string {
  return CELLS[name].label
}
