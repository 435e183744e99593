/** Fields that select what a list shows, besides texts (text-filter.tsx). */
import { words } from './words.ts'

interface Filter {
  name: string
  value: string
  onChange: (value: string) => void
}

/** One of a closed list, or any. */
export function ValueFilter({
  name,
  value,
  onChange,
  values,
}: Filter & { values: readonly string[] }) {
  return (
    <label>
      {words(name)}{' '}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">any</option>
        {values.map((one) => (
          <option key={one} value={one}>
            {words(one)}
          </option>
        ))}
      </select>
    </label>
  )
}

/** A moment of the reader's zone; it counts when it is left. */
export function TimeFilter({ name, value, onChange }: Filter) {
  return (
    <label>
      {words(name)}{' '}
      <input
        key={value}
        type="datetime-local"
        defaultValue={value}
        onBlur={(event) => {
          const next = event.currentTarget.value
          if (next !== value) onChange(next)
        }}
      />
    </label>
  )
}
