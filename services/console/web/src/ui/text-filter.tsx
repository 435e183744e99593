/** A filter that takes a text: it counts with Enter, and when it is left. */
import { words } from './words.ts'

export function TextFilter({
  name,
  value,
  onChange,
}: {
  name: string
  value: string
  onChange: (value: string) => void
}) {
  return (
    <label>
      {words(name)}{' '}
      <input
        key={value}
        defaultValue={value}
        size={12}
        spellCheck="false"
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(event.currentTarget.value.trim())
        }}
        onBlur={(event) => {
          const next = event.currentTarget.value.trim()
          if (next !== value) onChange(next)
        }}
      />
    </label>
  )
}
