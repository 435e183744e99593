/** What differs between two objects, member by member. */
import diff, { type Difference as Change } from 'microdiff'
import { Empty } from '../ui/parts.tsx'
import { count } from '../ui/words.ts'

const TOLD = { CREATE: 'added', REMOVE: 'removed', CHANGE: 'changed' } as const

export function DifferenceList({ before, after }: { before: unknown; after: unknown }) {
  const changes = diff(holder(before), holder(after), { cyclesFix: false }).sort(
    (a, b) => rank(a) - rank(b),
  )
  if (changes.length === 0) return <Empty title="The two are the same." />
  return (
    <>
      <p className="soft">{count(changes.length, 'member')} differ.</p>
      <ul className="difference">
        {changes.map((one) => (
          <li key={`${one.type} ${one.path.join('.')}`} className={TOLD[one.type]}>
            <code className="path">{one.path.join('.')}</code>{' '}
            <span className="soft">{TOLD[one.type]}</span>
            <Values of={one} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** What the result says comes first, then how it was worked out, then ids, which always differ. */
function rank({ path }: Change): number {
  const text = path.join('.')
  if (/(_id|_at|digest|proof_objects.*|receipts.*)$/.test(text)) return 3
  if (/rules\./.test(text)) return 2
  return path.length > 2 ? 1 : 0
}

function Values({ of }: { of: Change }) {
  return (
    <div className="values">
      {of.type !== 'CREATE' && <del>{textOf(of.oldValue)}</del>}
      {of.type !== 'REMOVE' && <ins>{textOf(of.value)}</ins>}
    </div>
  )
}

function holder(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : { value }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, undefined, 1) ?? 'nothing')
}
