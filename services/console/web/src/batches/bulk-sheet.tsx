/** One act on many runs: said once, frozen, tried, and only then done. The list behind it stays. */
import type { ExceptionType, RecoveryAction } from '@prooftrail/contracts'
import { ACTS } from '@prooftrail/contracts/acts'
import { EXCEPTION_TYPES } from '@prooftrail/trail/vocabulary'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button, Label, TextArea, TextField } from 'react-aria-components'
import { type BatchBody, batchQuery, makeBatch } from '../data/batches.ts'
import { Commands, Failed } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { count, sentence, words } from '../ui/words.ts'
import { BatchPanel } from './batch-panel.tsx'
import { BULK_ACTS, makeCommands } from './bulk.ts'

/** Runs that somebody chose, and how, for people. */
export interface Selected {
  ids: readonly string[]
  how: string
}

const RATES = [1, 5, 20, 50] as const
const HOURS = [1, 8, 24, 168] as const

export function BulkSheet({ selected, onClose }: { selected: Selected; onClose: () => void }) {
  const client = useQueryClient()
  const [form, setForm] = useState<Form>({
    ...{ action: 'replay_from_checkpoint', reason: '', type: 'evidence_gap' },
    ...{ rate: 20, hours: 24 },
  })
  const [batchId, setBatchId] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const { ids } = selected
  const freeze = async (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    setBusy(true)
    try {
      const batch = await makeBatch(bodyOf(form, selected))
      client.setQueryData(batchQuery(batch.batch_id).queryKey, batch)
      setBatchId(batch.batch_id)
    } catch (fault) {
      setError(fault)
    }
    setBusy(false)
  }
  if (batchId !== undefined) {
    return (
      <Sheet
        title={`${sentence(form.action)}: ${count(ids.length, 'run')}`}
        isOpen
        onClose={onClose}
      >
        <BatchPanel id={batchId} />
        <p className="row">
          <Link to="/batches/$id" params={{ id: batchId }} className="button">
            Open the batch
          </Link>
          <Button className="button" onPress={onClose}>
            Back to the list
          </Button>
          <span className="soft">It goes on without this page.</span>
        </p>
      </Sheet>
    )
  }
  return (
    <Sheet title={`Act on ${count(ids.length, 'run')}`} isOpen onClose={onClose}>
      <form className="form" onSubmit={(event) => void freeze(event)}>
        <p className="soft">
          Chosen: {selected.how}. These runs are frozen as they stand when you go on; runs that come
          to be like them later are not touched.
        </p>
        <Fields form={form} onChange={setForm} />
        {error !== undefined && <Failed error={error} />}
        {isBusy && <p role="status">Freezing {count(ids.length, 'run')} …</p>}
        <div className="row">
          <Button type="submit" className="button primary" isDisabled={isBusy}>
            Freeze them and see what it would do
          </Button>
          <Button className="button" onPress={onClose}>
            Cancel
          </Button>
        </div>
        <Commands lines={makeCommands(bodyOf(form, selected))} />
      </form>
    </Sheet>
  )
}

interface Form {
  action: RecoveryAction
  reason: string
  type: ExceptionType
  rate: number
  hours: number
}

function bodyOf({ action, reason, type, rate, hours }: Form, { ids, how }: Selected): BatchBody {
  return {
    act: { recovery_action: action, reason },
    work_order_ids: [...ids],
    selected: how,
    ...{ per_second: rate, hours },
    ...(action === 'close_exception' ? { exception_type: type } : {}),
  }
}

function Fields({ form, onChange }: { form: Form; onChange: (form: Form) => void }) {
  const { action, reason, type, rate, hours } = form
  return (
    <>
      <label className="field">
        Act
        <select
          value={action}
          onChange={(event) => {
            const chosen = BULK_ACTS.find((one) => one === event.target.value)
            if (chosen) onChange({ ...form, action: chosen })
          }}
        >
          {BULK_ACTS.map((one) => (
            <option key={one} value={one}>
              {sentence(one)}
            </option>
          ))}
        </select>
      </label>
      <p>
        {ACTS[action].changes}{' '}
        <span className="soft">Allowed while a run is {orOf(ACTS[action].states)}.</span>
      </p>
      {action === 'close_exception' && (
        <label className="field">
          Which exceptions
          <select
            value={type}
            onChange={(event) => {
              const chosen = EXCEPTION_TYPES.find((one) => one === event.target.value)
              if (chosen) onChange({ ...form, type: chosen })
            }}
          >
            {EXCEPTION_TYPES.map((one) => (
              <option key={one} value={one}>
                {words(one)}
              </option>
            ))}
          </select>
        </label>
      )}
      <TextField
        className="field"
        value={reason}
        onChange={(text) => onChange({ ...form, reason: text })}
        isRequired
        maxLength={500}
      >
        <Label>Reason</Label>
        <TextArea rows={2} placeholder="Why: every act of the batch says it, signed" />
      </TextField>
      <div className="row">
        <Choice
          label="At most"
          of={RATES}
          value={rate}
          unit="a second"
          onChange={(n) => onChange({ ...form, rate: n })}
        />
        <Choice
          label="Gives up after"
          of={HOURS}
          value={hours}
          unit="hours"
          onChange={(n) => onChange({ ...form, hours: n })}
        />
      </div>
    </>
  )
}

function Choice({
  label,
  of,
  value,
  unit,
  onChange,
}: {
  label: string
  of: readonly number[]
  value: number
  unit: string
  onChange: (value: number) => void
}) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {of.map((n) => (
          <option key={n} value={n}>
            {n} {unit}
          </option>
        ))}
      </select>
    </label>
  )
}

function orOf(states: readonly string[]): string {
  return states.map(words).join(' or ')
}
