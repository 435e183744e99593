/** What can be said of a batch as it stands; what cannot says why. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { type Batch, type BatchLater, batchQuery, driveBatch } from '../data/batches.ts'
import { sessionQuery } from '../data/queries.ts'
import { Failed } from '../ui/parts.tsx'
import { count, words } from '../ui/words.ts'

const WORDS: Readonly<Record<BatchLater, string>> = {
  run: 'Run it now',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop for good',
}

/** States in which a batch takes a request. */
const FROM: Readonly<Record<BatchLater, string>> = {
  run: 'created',
  pause: 'running',
  resume: 'paused',
  stop: 'created, running or paused',
}

const ALL = Object.keys(WORDS) as readonly BatchLater[]

export function BatchControls({ batch }: { batch: Batch }) {
  const client = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const [asking, setAsking] = useState<BatchLater>()
  const [isBusy, setBusy] = useState(false)
  const [reason, setReason] = useState('')
  const [error, setError] = useState<unknown>()
  const { batch_id: id, allowed, status } = batch
  const isViewer = session?.role === 'viewer'
  const say = async (request: BatchLater) => {
    setError(undefined)
    setBusy(true)
    try {
      const after = await driveBatch(id, request, reason.trim())
      client.setQueryData(batchQuery(id).queryKey, after)
      await client.invalidateQueries({ queryKey: ['batch', id] })
      await client.invalidateQueries({ queryKey: ['batches'] })
      setAsking(undefined)
      setReason('')
    } catch (fault) {
      setError(fault)
    }
    setBusy(false)
  }
  const not = ALL.filter((one) => !allowed.includes(one))
  return (
    <div className="batch-controls">
      <div className="row">
        {allowed.map((request) => (
          <Button
            key={request}
            className={`button ${request === 'run' || request === 'resume' ? 'primary' : ''}`}
            isDisabled={isViewer || isBusy || asking !== undefined}
            onPress={() => (request === 'run' ? void say('run') : setAsking(request))}
          >
            {WORDS[request]}
          </Button>
        ))}
        {not.map((request) => (
          <Button key={request} className="button" isDisabled>
            {WORDS[request]}
          </Button>
        ))}
      </div>
      <p className="soft">{whyNot(status, not, isViewer)}</p>
      {asking && (
        <form
          className="form would-say"
          onSubmit={(event) => {
            event.preventDefault()
            void say(asking)
          }}
        >
          <p>{whatItDoes(asking, batch)}</p>
          <TextField
            className="field"
            value={reason}
            onChange={setReason}
            isRequired={asking === 'stop'}
            maxLength={500}
          >
            <Label>{asking === 'stop' ? 'Reason' : 'Reason, if there is one'}</Label>
            <Input placeholder="It is kept with the batch" />
          </TextField>
          <div className="row">
            <Button type="submit" className="button primary" isDisabled={isBusy}>
              {WORDS[asking]} now
            </Button>
            <Button className="button" onPress={() => setAsking(undefined)}>
              Leave it
            </Button>
          </div>
        </form>
      )}
      {error !== undefined && <Failed error={error} />}
    </div>
  )
}

function whyNot(status: string, not: readonly BatchLater[], isViewer: boolean): string {
  if (isViewer) return 'A viewer reads; acts want the role operator.'
  if (not.length === ALL.length) return `It is ${words(status)}: it takes nothing more.`
  const each = not.map((one) => `“${WORDS[one]}” wants one that is ${FROM[one]}`)
  return `It is ${words(status)}. ${each.join('; ')}.`
}

function whatItDoes(request: BatchLater, { counts }: Batch): string {
  const left = count(counts.waiting, 'run')
  switch (request) {
    case 'pause':
      return `${left} are asked for nothing until it is resumed. What is under way is answered all the same.`
    case 'stop':
      return `${left} stay as they are: a batch that was stopped cannot go on.`
    case 'run':
    case 'resume':
      return `It goes on where it was: ${left} are left.`
  }
}
