/** JSON as a tree that opens, and as text to copy or save. */
import { Button } from 'react-aria-components'
import { Copy } from './parts.tsx'

/** Below this many characters an object is shown open. */
const OPEN_BELOW = 1_200
/** More than this is saved, not shown. */
const MAX_SHOWN = 400_000

export function Json({ value, name }: { value: unknown; name: string }) {
  const text = JSON.stringify(value, undefined, 2) ?? 'undefined'
  return (
    <div className="json">
      <div className="tools">
        <Copy text={text} what={`${name} as JSON`}>
          Copy
        </Copy>
        <Button className="copy" onPress={() => save(`${name}.json`, `${text}\n`)}>
          Save
        </Button>
      </div>
      {text.length > MAX_SHOWN ? (
        <p>It has {text.length.toLocaleString('en')} characters: save it to read it.</p>
      ) : (
        <section className="tree" aria-label={name}>
          <Node value={value} isOpen />
        </section>
      )}
    </div>
  )
}

function Node({ value, isOpen = false }: { value: unknown; isOpen?: boolean }) {
  if (typeof value !== 'object' || value === null) return <Leaf value={value} />
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  if (entries.length === 0) return <span className="plain">{isList ? '[ ]' : '{ }'}</span>
  return (
    <ul>
      {entries.map(([name, one]) => (
        <Member key={name} name={name} value={one} isOpen={isOpen} />
      ))}
    </ul>
  )
}

function Member({ name, value, isOpen }: { name: string; value: unknown; isOpen: boolean }) {
  const isBranch = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  if (!isBranch) {
    return (
      <li>
        <span className="name">{name}</span> <Leaf value={value} />
      </li>
    )
  }
  const n = Object.keys(value).length
  const size = Array.isArray(value) ? `[${n}]` : `{${n}}`
  const isShort = (JSON.stringify(value)?.length ?? 0) < OPEN_BELOW
  return (
    <li>
      <details open={isOpen && isShort}>
        <summary>
          <span className="name">{name}</span> <span className="plain">{size}</span>
        </summary>
        <Node value={value} isOpen={isShort} />
      </details>
    </li>
  )
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === 'string') return <span className="text">{value}</span>
  if (typeof value === 'object' && value !== null) {
    return <span className="plain">{Array.isArray(value) ? '[ ]' : '{ }'}</span>
  }
  return <span className="number">{String(value)}</span>
}

/** Gives the browser a file to save. */
export function save(name: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
