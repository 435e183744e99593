/** Acts on the marked lines, or on all that the filters find. */
import type { ParkedAct } from '@prooftrail/contracts/doors'
import { useQuery } from '@tanstack/react-query'
import { Button } from 'react-aria-components'
import { sessionQuery } from '../data/queries.ts'
import type { Marks } from '../ui/use-marks.ts'
import { count } from '../ui/words.ts'

const ACTS: readonly (readonly [ParkedAct, string])[] = [
  ['send', 'Send again'],
  ['discard', 'Discard'],
]

export function ActBar({
  marks,
  isEmpty,
  onMarked,
  onAll,
}: {
  marks: Marks
  isEmpty: boolean
  onMarked: (act: ParkedAct) => void
  onAll: (act: ParkedAct) => void
}) {
  const { data: session } = useQuery(sessionQuery)
  const isViewer = session?.role === 'viewer'
  const n = marks.keys.length
  if (isEmpty) return null
  return (
    <div className="act-bar row">
      {ACTS.map(([act, label]) => (
        <Button
          key={act}
          className="button"
          isDisabled={isViewer}
          onPress={() => (n > 0 ? onMarked(act) : onAll(act))}
        >
          {label} {n > 0 ? count(n, 'marked one') : 'all of the list'} …
        </Button>
      ))}
      {n > 0 && (
        <Button className="button" onPress={marks.clear}>
          Unmark
        </Button>
      )}
      <span className="soft">
        {isViewer
          ? 'A viewer reads; deciding wants the role operator.'
          : n > 0
            ? 'Each in its order within its document.'
            : 'Mark lines (x, shift for a range) to decide some of them. First you see what would happen.'}
      </span>
    </div>
  )
}
