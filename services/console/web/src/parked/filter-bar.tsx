/** Filters of the list of parked messages: each choice is an address. */
import { useNavigate } from '@tanstack/react-router'
import { TextFilter } from '../ui/text-filter.tsx'
import { words } from '../ui/words.ts'
import { NAMES, type ParkedSearch, STANDINGS } from './search.ts'

/** How long ago, in seconds. */
const AGES: readonly (readonly [number, string])[] = [
  [300, 'more than 5 min ago'],
  [3_600, 'more than 1 h ago'],
  [86_400, 'more than 1 d ago'],
]

export function FilterBar({ search }: { search: ParkedSearch }) {
  const navigate = useNavigate()
  const set = (name: keyof ParkedSearch, value: string) => {
    const { [name]: _old, ...rest } = search
    const next = value === '' ? rest : { ...rest, [name]: value }
    void navigate({ to: '/parked', search: next, replace: true })
  }
  return (
    <div className="filters row">
      <label>
        state{' '}
        <select
          value={search.state ?? 'open'}
          onChange={(event) => set('state', event.target.value)}
        >
          {STANDINGS.map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
      </label>
      {NAMES.map((name) => (
        <TextFilter
          key={name}
          name={name}
          value={search[name] ?? ''}
          onChange={(value) => set(name, value)}
        />
      ))}
      <label>
        parked{' '}
        <select
          value={search.older_than ?? ''}
          onChange={(event) => set('older_than', event.target.value)}
        >
          <option value="">at any time</option>
          {AGES.map(([seconds, label]) => (
            <option key={seconds} value={seconds}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}
