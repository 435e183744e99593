/** Keeps what the list shows under a name, and takes away what nobody needs. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { sessionQuery } from '../data/queries.ts'
import { dropView, keepView, type View, viewsQuery } from '../data/views.ts'
import { Commands, Empty, Failed, Terms } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { words } from '../ui/words.ts'

export function ViewsSheet({
  page,
  search,
  views,
  onClose,
}: {
  page: View['page']
  search: View['search']
  views: readonly View[]
  onClose: () => void
}) {
  const client = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const [name, setName] = useState('')
  const [isShared, setShared] = useState(false)
  const [error, setError] = useState<unknown>()
  const mayShare = session?.role !== 'viewer'
  const change = async (act: () => Promise<unknown>) => {
    setError(undefined)
    try {
      await act()
      await client.invalidateQueries({ queryKey: viewsQuery(page).queryKey })
      return true
    } catch (fault) {
      setError(fault)
      return false
    }
  }
  const body = { page, name: name.trim(), search, ...(isShared ? { shared: true } : {}) }
  const keep = async (event: FormEvent) => {
    event.preventDefault()
    if (await change(() => keepView(body))) onClose()
  }
  return (
    <Sheet title="Views" isOpen onClose={onClose}>
      <form className="form" onSubmit={(event) => void keep(event)}>
        {Object.keys(search).length === 0 ? (
          <p className="soft">The list is shown without any filter.</p>
        ) : (
          <Terms
            of={Object.fromEntries(
              Object.entries(search).map(([key, value]) => [words(key), [value].flat().join(', ')]),
            )}
          />
        )}
        <TextField className="field" value={name} onChange={setName} isRequired maxLength={80}>
          <Label>Name</Label>
          <Input autoComplete="off" placeholder="A name that is there already is replaced" />
        </TextField>
        <label>
          <input
            type="checkbox"
            checked={isShared}
            disabled={!mayShare}
            onChange={(event) => setShared(event.target.checked)}
          />{' '}
          for everybody
          {!mayShare && <span className="soft"> (wants the role operator)</span>}
        </label>
        {error !== undefined && <Failed error={error} />}
        <div className="row">
          <Button type="submit" className="button primary">
            Keep it
          </Button>
          <Button className="button" onPress={onClose}>
            Cancel
          </Button>
        </div>
      </form>
      <h3 className="later">Kept</h3>
      {views.length === 0 && <Empty title="No view is kept yet." />}
      <ul className="lines">
        {views.map((view) => (
          <li key={view.view_id} className="row">
            <span>
              <strong>{view.name}</strong>{' '}
              <span className="soft">
                {view.shared ? `shared, by ${view.saved_by}` : 'your own'}
              </span>
            </span>
            <Button
              className="button small"
              isDisabled={view.shared && !mayShare}
              onPress={() => void change(() => dropView(view.view_id))}
            >
              Take away <span className="spoken">{view.name}</span>
            </Button>
          </li>
        ))}
      </ul>
      <Commands
        lines={[
          [
            'this view by curl',
            `curl -X POST -H "Authorization: Bearer $TOKEN" -d '${JSON.stringify({ ...body, name: body.name || 'NAME' }).replaceAll("'", "'\\''")}' ${location.origin}/v1/views`,
          ],
        ]}
      />
    </Sheet>
  )
}
