/** One act on parked messages, one or many: what would come of it, then what became of each. */
import type { ParkedAct, ParkedItem } from '@prooftrail/contracts/doors'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { Button, Checkbox, Label, TextArea, TextField } from 'react-aria-components'
import { actOnParked } from '../data/parked.ts'
import { Commands, Failed } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { count } from '../ui/words.ts'
import { ActItems } from './act-items.tsx'

const SAYS = {
  send: {
    title: 'Send again',
    does: 'It goes to its topic once more, byte for byte as it came, and is decided anew. Do it when the cause is mended: what fails again comes back here.',
    now: 'Send again now',
  },
  discard: {
    title: 'Discard',
    does: 'It is given up for ever and its document goes on without it. The reason is kept.',
    now: 'Discard now',
  },
} as const

type Stage = 'form' | 'trying' | 'tried' | 'acting' | 'done'

export function ParkedActSheet({
  act,
  ids,
  onClose,
}: {
  act: ParkedAct
  /** Frozen: what is acted on is what is counted here. */
  ids: readonly string[]
  onClose: () => void
}) {
  const client = useQueryClient()
  const stop = useRef<AbortController>(undefined)
  const [reason, setReason] = useState('')
  const [withEarlier, setWithEarlier] = useState(false)
  const [stage, setStage] = useState<Stage>('form')
  const [items, setItems] = useState<readonly ParkedItem[]>([])
  const [error, setError] = useState<unknown>()
  const { title, does, now } = SAYS[act]

  const go = async (isDry: boolean) => {
    setError(undefined)
    setItems([])
    setStage(isDry ? 'trying' : 'acting')
    stop.current = new AbortController()
    const told = (some: ParkedItem[]) => setItems((before) => [...before, ...some])
    try {
      const { signal } = stop.current
      await actOnParked({ act, ids, reason, withEarlier }, { isDry, told, signal })
      setStage(isDry ? 'tried' : 'done')
    } catch (fault) {
      setError(fault)
      setStage('form')
    }
    if (!isDry) await client.invalidateQueries({ queryKey: ['parked'] })
  }
  const change = (set: () => void) => {
    set()
    if (stage === 'tried') setStage('form')
  }
  const preview = (event: FormEvent) => {
    event.preventDefault()
    void go(true)
  }
  const isBusy = stage === 'trying' || stage === 'acting'
  const wouldBe = items.filter(({ status }) => status !== 'refused').length
  return (
    <Sheet
      title={`${title}: ${count(ids.length, 'parked message')}`}
      isOpen
      onClose={onClose}
      mustAnswer={stage === 'acting'}
    >
      <form onSubmit={preview} className="form">
        <p>{does}</p>
        {stage !== 'done' && (
          <>
            {act === 'send' && (
              <Checkbox
                className="check"
                isSelected={withEarlier}
                onChange={(on) => change(() => setWithEarlier(on))}
                isDisabled={isBusy}
              >
                <span className="box" aria-hidden="true" /> Send first what came before in the same
                document
              </Checkbox>
            )}
            <TextField
              className="field"
              value={reason}
              onChange={(text) => change(() => setReason(text))}
              isRequired={act === 'discard'}
              isDisabled={isBusy}
              maxLength={500}
            >
              <Label>Reason{act === 'send' && ' (if you like)'}</Label>
              <TextArea rows={2} placeholder="Why: it is kept with the decision" />
            </TextField>
          </>
        )}
        {error !== undefined && <Failed error={error} />}
        {isBusy && (
          <p role="status">
            {stage === 'trying' ? 'Asking what would happen' : 'Doing it'}: {items.length} of{' '}
            {ids.length}
            <progress max={ids.length} value={items.length} aria-label="Answered" />
          </p>
        )}
        {(stage === 'tried' || stage === 'done' || items.length > 0) && (
          <ActItems items={items} isDone={stage === 'done' || stage === 'acting'} />
        )}
        <div className="row">
          {stage === 'tried' && wouldBe > 0 && (
            <Button className="button primary" onPress={() => void go(false)}>
              {now}
            </Button>
          )}
          {(stage === 'form' || stage === 'trying') && (
            <Button type="submit" className="button primary" isDisabled={isBusy}>
              See what would happen
            </Button>
          )}
          {stage === 'acting' ? (
            <Button className="button" onPress={() => stop.current?.abort()}>
              Stop
            </Button>
          ) : (
            <Button className="button" onPress={onClose}>
              {stage === 'done' ? 'Close' : 'Cancel'}
            </Button>
          )}
        </div>
        <Commands lines={commandsOf(act, ids, { reason, withEarlier })} />
      </form>
    </Sheet>
  )
}

/** More ids than a line holds are in a file. */
const MAX_NAMED = 5

function commandsOf(
  act: ParkedAct,
  ids: readonly string[],
  { reason, withEarlier }: { reason: string; withEarlier: boolean },
): [string, string][] {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const named = ids.length > MAX_NAMED ? '$(cat IDS)' : ids.join(' ')
  const flags = `${withEarlier ? ' --with-earlier' : ''}${reason ? ` --reason ${quoted(reason)}` : ''}`
  const body = JSON.stringify({
    ...{ act, ids: ids.length > MAX_NAMED ? ['…'] : ids },
    ...(reason ? { reason } : {}),
  })
  const query = withEarlier ? '?with_earlier=true' : ''
  return [
    ['the act', `prooftrail parked ${act} ${named}${flags}`],
    [
      'the act by curl',
      `curl -X POST -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' -d ${quoted(body)} '${location.origin}/v1/parked/acts${query}'`,
    ],
  ]
}
