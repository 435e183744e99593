/** Filters and views of the trail of acts: each choice is an address. */
import type { ListedAct } from '@prooftrail/contracts/doors'
import { BATCH_STATUS, RECOVERY_ACTIONS } from '@prooftrail/trail/vocabulary'
import { useNavigate } from '@tanstack/react-router'
import { TimeFilter, ValueFilter } from '../ui/filters.tsx'
import { TextFilter } from '../ui/text-filter.tsx'
import { ViewsBar } from '../views/views-bar.tsx'
import { type ActsSearch, FILTERS, type FilterName, isTime, readSearch } from './search.ts'

/** Views that everybody has. */
const PRESETS: readonly { label: string; search: ActsSearch }[] = [
  { label: 'All', search: {} },
  { label: 'Refused', search: { answer: 'refused' } },
  { label: 'On runs', search: { on: 'run' } },
  { label: 'On batches', search: { on: 'batch' } },
  { label: 'On parked messages', search: { on: 'parked' } },
]

const ON = ['run', 'batch', 'parked'] as const satisfies readonly ListedAct['on'][]
const ANSWERS = ['accepted', 'refused', 'done'] as const satisfies readonly ListedAct['answer'][]

/** Values that a filter can have, where they are a closed list. */
const VALUES: Readonly<Partial<Record<FilterName, readonly string[]>>> = {
  on: ON,
  answer: ANSWERS,
  action: [...RECOVERY_ACTIONS, ...BATCH_STATUS, 'send', 'discard'],
}

export function ActsFilter({ search }: { search: ActsSearch }) {
  const navigate = useNavigate()
  const go = (next: ActsSearch) => void navigate({ to: '/acts', search: next, replace: true })
  const set = (name: FilterName, value: string) => {
    const { [name]: _old, ...rest } = search
    go(value === '' ? rest : { ...rest, [name]: value })
  }
  return (
    <div className="filters">
      <ViewsBar
        page="acts"
        to="/acts"
        {...{ search, isSame }}
        read={readSearch}
        presets={PRESETS}
      />
      <div className="row">
        {FILTERS.map((name) => {
          const values = VALUES[name]
          const shared = { name, value: search[name] ?? '', onChange: (v: string) => set(name, v) }
          if (values) return <ValueFilter key={name} {...shared} values={values} />
          return isTime(name) ? (
            <TimeFilter key={name} {...shared} />
          ) : (
            <TextFilter key={name} {...shared} />
          )
        })}
      </div>
    </div>
  )
}

function isSame(one: ActsSearch, other: ActsSearch): boolean {
  return FILTERS.every((name) => one[name] === other[name])
}
