/** The columns of the list of parked messages. */
import type { ParkedRow } from '@prooftrail/contracts/doors'
import { State } from '../ui/parts.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { short } from '../ui/words.ts'
import { shortTopic } from './search.ts'

/** A parked message is at rest where nobody has to decide it any more. */
export const TONES = { open: 'bad', sent: 'busy', discarded: 'calm', noted: 'calm' } as const

export const COLUMNS: readonly TableColumn<ParkedRow>[] = [
  {
    id: 'id',
    label: 'Message',
    width: '10.5rem',
    cell: ({ parked_id }) => <code>{short(parked_id)}</code>,
  },
  {
    id: 'state',
    label: 'State',
    width: '6rem',
    cell: ({ state }) => <State name={state} tone={TONES[state]} />,
  },
  { id: 'code', label: 'Reason', width: '4.5rem', cell: ({ code }) => <code>{code}</code> },
  { id: 'since', label: 'Since', width: '7rem', cell: ({ since }) => <Time at={since} relative /> },
  {
    id: 'detail',
    label: 'In words',
    width: 'minmax(11rem, 2fr)',
    cell: ({ detail }) => <span title={detail}>{detail}</span>,
  },
  {
    id: 'topic',
    label: 'Topic',
    width: 'minmax(8.5rem, 1fr)',
    cell: ({ topic }) => shortTopic(topic),
  },
  { id: 'service', label: 'Set aside by', width: '7rem', cell: ({ service }) => service },
  {
    id: 'whose',
    label: 'Whose',
    width: 'minmax(5.5rem, .8fr)',
    cell: ({ agent, tool }) => agent ?? tool ?? '–',
  },
  {
    id: 'document',
    label: 'Document',
    width: '9.5rem',
    cell: ({ document, claimed }) =>
      document === undefined ? '–' : `${short(document)}${claimed ? ' (claimed)' : ''}`,
  },
]
