/** The result of this run beside that of another one. */
import type { ResultContract } from '@prooftrail/contracts'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { resultQuery } from '../data/queries.ts'
import { Empty, Failed, Loading, Section } from '../ui/parts.tsx'
import { short } from '../ui/words.ts'
import { DifferenceList } from './difference-list.tsx'

export function CompareRuns({ own }: { own: ResultContract | undefined }) {
  const [text, setText] = useState('')
  const [other, setOther] = useState('')
  const { data, error, isFetching } = useQuery({ ...resultQuery(other), enabled: other !== '' })
  if (own === undefined) return null
  const compare = (event: FormEvent) => {
    event.preventDefault()
    setOther(text.trim())
  }
  return (
    <Section title="Beside another run">
      <form className="row" onSubmit={compare}>
        <TextField className="field" value={text} onChange={setText} isRequired>
          <Label>Work order or handle of the other run</Label>
          <Input autoComplete="off" spellCheck="false" size={36} placeholder="wo_…" />
        </TextField>
        <Button type="submit" className="button">
          Compare
        </Button>
      </form>
      {error && <Failed error={error} />}
      {isFetching && <Loading what="the other result" />}
      {data === null && <Empty title="That run has no result, or is not known." />}
      {data && (
        <>
          <p>
            From{' '}
            <Link to="/runs/$id" params={{ id: other }} search={{ tab: 'revisions' }}>
              {short(other)}
            </Link>{' '}
            to this one:
          </p>
          <DifferenceList before={data} after={own} />
        </>
      )}
    </Section>
  )
}
