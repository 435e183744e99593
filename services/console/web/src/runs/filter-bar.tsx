/** Filters, order, columns and views of the list: each choice is an address. */
import { EXCEPTION_TYPES, LIFECYCLE_STATES, RUNTIME_STATES } from '@prooftrail/trail/vocabulary'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Dialog, DialogTrigger, Popover } from 'react-aria-components'
import { ValueFilter } from '../ui/filters.tsx'
import { TextFilter } from '../ui/text-filter.tsx'
import { ViewsBar } from '../views/views-bar.tsx'
import { columnLabel } from './columns.tsx'
import {
  COLUMNS,
  type Column,
  FILTERS,
  type FilterName,
  isSameView,
  type RunsSearch,
  readSearch,
  SORTS,
  USUAL_COLUMNS,
} from './search.ts'

/** Views that everybody has, by who must act. */
const PRESETS: readonly { label: string; search: RunsSearch }[] = [
  { label: 'All', search: {} },
  { label: 'On the way', search: { waits_for: 'service' } },
  { label: 'For an operator', search: { waits_for: 'operator' } },
  { label: 'For credits', search: { waits_for: 'credits' } },
  { label: 'Open exceptions', search: { state: 'exception_open' } },
  { label: 'Failed callbacks', search: { callback: 'parked' } },
  { label: 'Partial', search: { result: 'partial' } },
]

/** Values that a filter can have, where they are a closed list. */
const VALUES: Readonly<Partial<Record<FilterName, readonly string[]>>> = {
  state: LIFECYCLE_STATES,
  waits_for: ['nobody', 'service', 'operator', 'credits', 'receiver'],
  callback: ['ready', 'pending', 'delivered', 'failed', 'parked'],
  result: ['ready', 'partial', 'failed'],
  verdict: ['ready', 'partial', 'failed', 'refused'],
  ticket: EXCEPTION_TYPES,
  runtime: RUNTIME_STATES,
  receipt: ['issued'],
}

const SORT_WORDS = {
  '-changed': 'last changed first',
  changed: 'longest unchanged first',
  '-accepted': 'newest first',
  accepted: 'oldest first',
} as const

export function FilterBar({ search }: { search: RunsSearch }) {
  const navigate = useNavigate()
  const go = (next: RunsSearch) => void navigate({ to: '/runs', search: next, replace: true })
  const { columns = USUAL_COLUMNS, find, ...others } = search
  const set = (name: FilterName, value: string) => {
    const { [name]: _old, ...rest } = others
    go({ ...rest, ...keepColumns(search), ...(value === '' ? {} : { [name]: value }) })
  }
  if (find !== undefined) {
    return (
      <p className="filters">
        Found by <code>{find}</code> <Link to="/runs">show all runs</Link>
      </p>
    )
  }
  return (
    <div className="filters">
      <ViewsBar
        page="runs"
        to="/runs"
        search={search}
        read={readSearch}
        isSame={isSameView}
        presets={PRESETS}
        isPreset={(preset) => isSame(preset, others)}
        keep={keepColumns(search)}
      />
      <div className="row">
        {FILTERS.map((name) => {
          const values = VALUES[name]
          const shared = { name, value: search[name] ?? '', onChange: (v: string) => set(name, v) }
          return values ? (
            <ValueFilter key={name} {...shared} values={values} />
          ) : (
            <TextFilter key={name} {...shared} />
          )
        })}
        <label>
          order{' '}
          <select
            value={search.sort ?? '-changed'}
            onChange={(event) => {
              const { sort: _old, ...rest } = search
              const sort = SORTS.find((one) => one === event.target.value)
              go({ ...rest, ...(sort && sort !== '-changed' ? { sort } : {}) })
            }}
          >
            {SORTS.map((one) => (
              <option key={one} value={one}>
                {SORT_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
        <Columns
          chosen={columns}
          onChange={(next) => {
            const { columns: _old, ...rest } = search
            go({ ...rest, columns: next })
          }}
        />
      </div>
    </div>
  )
}

function keepColumns({ columns }: RunsSearch): Pick<RunsSearch, 'columns'> {
  return columns === undefined ? {} : { columns }
}

function isSame(one: RunsSearch, other: RunsSearch): boolean {
  return FILTERS.every((name) => one[name] === other[name])
}

function Columns({
  chosen,
  onChange,
}: {
  chosen: readonly Column[]
  onChange: (columns: Column[]) => void
}) {
  return (
    <DialogTrigger>
      <Button className="button">Columns</Button>
      <Popover className="popover" placement="bottom end">
        <Dialog className="columns-choice" aria-label="Columns">
          {COLUMNS.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={(event) =>
                  onChange(
                    COLUMNS.filter((one) =>
                      one === name ? event.target.checked : chosen.includes(one),
                    ),
                  )
                }
              />{' '}
              {columnLabel(name)}
            </label>
          ))}
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}
