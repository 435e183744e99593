/** An agent's view: the run that its handle opens, and nothing else. */
import { type FormEvent, useEffect, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { RunView } from './run-page.tsx'
import type { Tab } from './search.ts'

const HANDLE = /^tt_[a-z2-7]{32}$/

export function TaskPage() {
  const [handle, setHandle] = useState(readHandle)
  const [tab, setTab] = useState<Tab>('summary')
  const [text, setText] = useState('')
  useEffect(() => {
    const look = () => setHandle((known) => readHandle() ?? known)
    addEventListener('hashchange', look)
    return () => removeEventListener('hashchange', look)
  }, [])
  if (handle !== undefined) {
    return <RunView id={handle} bearer={handle} tab={tab} onTab={setTab} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const given = text.trim()
    if (HANDLE.test(given)) setHandle(given)
  }
  return (
    <main id="main" className="narrow">
      <h1>One task</h1>
      <form className="form" onSubmit={submit}>
        <TextField
          className="field"
          value={text}
          onChange={setText}
          isRequired
          validate={(given) => (HANDLE.test(given.trim()) ? null : 'A handle begins with tt_.')}
        >
          <Label>Task handle</Label>
          <Input autoComplete="off" spellCheck="false" placeholder="tt_…" />
        </TextField>
        <Button type="submit" className="button primary">
          Show it
        </Button>
      </form>
      <p className="soft">The answer to an accepted order holds the handle.</p>
    </main>
  )
}

function readHandle(): string | undefined {
  const given = location.hash.slice(1)
  return HANDLE.test(given) ? given : undefined
}
