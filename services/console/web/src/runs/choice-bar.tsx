/** Runs chosen for one act: those that are marked, or all that match, counted before anything is done. */
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { BulkSheet, type Selected } from '../batches/bulk-sheet.tsx'
import { ask } from '../data/api.ts'
import type { RunIds } from '../data/rows.ts'
import { Failed } from '../ui/parts.tsx'
import type { Marks } from '../ui/use-marks.ts'
import { count, words } from '../ui/words.ts'
import { FILTERS, idsPath, type RunsSearch } from './search.ts'

export function ChoiceBar({ search, marks }: { search: RunsSearch; marks: Marks }) {
  const [selected, setSelected] = useState<Selected>()
  const [isCounting, setCounting] = useState(false)
  const [error, setError] = useState<unknown>()
  const how = howChosen(search)
  const chooseAll = async () => {
    setError(undefined)
    setCounting(true)
    try {
      const { work_order_ids: ids, more } = await ask<RunIds>(idsPath(search))
      const part = more ? `the first ${ids.length.toLocaleString('en')} of all` : 'all'
      setSelected({ ids, how: `${part} runs ${how}` })
    } catch (fault) {
      setError(fault)
    }
    setCounting(false)
  }
  const marked = marks.keys.length
  return (
    <div className={marked > 0 ? 'choice some' : 'choice'}>
      <div className="row">
        {marked > 0 && (
          <>
            <strong role="status">{count(marked, 'run')} marked</strong>
            <Button
              className="button primary"
              onPress={() => setSelected({ ids: marks.keys, how: `marked among runs ${how}` })}
            >
              Act on them
            </Button>
            <Button className="button" onPress={marks.clear}>
              Clear
            </Button>
          </>
        )}
        {search.find === undefined && (
          <Button className="button" onPress={() => void chooseAll()} isDisabled={isCounting}>
            {isCounting ? 'Counting …' : 'Act on all that match'}
          </Button>
        )}
        {marked === 0 && (
          <span className="soft">
            or mark some: <kbd>x</kbd>, with <kbd>Shift</kbd> and the mouse a range
          </span>
        )}
      </div>
      {error !== undefined && <Failed error={error} />}
      {selected && selected.ids.length > 0 && (
        <BulkSheet
          selected={selected}
          onClose={() => {
            setSelected(undefined)
            marks.clear()
          }}
        />
      )}
      {selected && selected.ids.length === 0 && <p role="status">No run matches any more.</p>}
    </div>
  )
}

/** `with state exception_open, tool tokenops`; of no filter: `of every kind`. */
function howChosen(search: RunsSearch): string {
  const given = FILTERS.flatMap((name) => {
    const value = search[name]
    return value === undefined ? [] : [`${words(name)} ${value}`]
  })
  return given.length === 0 ? 'of every kind' : `with ${given.join(', ')}`
}
