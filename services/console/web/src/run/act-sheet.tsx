/** One act: what it needs, what it would do, and then what became of it. The page stays. */
import type { RecoveryAction } from '@prooftrail/contracts'
import { ACTS } from '@prooftrail/contracts/acts'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Button, Label, TextArea, TextField } from 'react-aria-components'
import { Commands, Failed } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { sentence, words } from '../ui/words.ts'
import { Answered, WouldBe } from './act-answer.tsx'
import { type ActBody, type Acted, actCommands, type DryRun, doAct, tryAct } from './acts.ts'
import { type EvidenceDraft, EvidenceFields, evidenceOf } from './evidence-fields.tsx'
import { orderOf, type RunParts } from './parts.ts'

type Stage =
  | { at: 'form' }
  | { at: 'busy'; doing: string }
  | { at: 'tried'; body: ActBody; answer: DryRun }
  | { at: 'done'; body: ActBody; answer: Acted }

/** What is filled in besides the reason. */
interface Draft extends EvidenceDraft {
  reason: string
  exception: string
}

export function ActSheet({
  action,
  about,
  onClose,
  onNext,
  ...parts
}: RunParts & {
  action: RecoveryAction
  /** The class of evidence, or the exception. */
  about?: string
  onClose: () => void
  /** Another act is to follow at once. */
  onNext: (action: RecoveryAction) => void
}) {
  const client = useQueryClient()
  const [key] = useState(() => `page-${crypto.randomUUID()}`)
  const [draft, setDraft] = useState(() => emptyDraft(parts, about))
  const [stage, setStage] = useState<Stage>({ at: 'form' })
  const [error, setError] = useState<unknown>()

  const step = async (doing: string, act: () => Promise<Stage>) => {
    setError(undefined)
    setStage({ at: 'busy', doing })
    try {
      setStage(await act())
    } catch (fault) {
      setError(fault)
      setStage({ at: 'form' })
    }
  }
  const preview = () =>
    step('Asking what it would do', async () => {
      const body = bodyOf(parts, action, key, draft)
      return { at: 'tried', body, answer: await tryAct(body) }
    })
  const act = (body: ActBody) =>
    step('Doing it', async () => {
      const answer = await doAct(body)
      await client.invalidateQueries({ queryKey: ['run'] })
      return { at: 'done', body, answer }
    })
  // what was tried is not what is filled in any more
  const edit = (change: Partial<Draft>) => {
    setDraft({ ...draft, ...change })
    setStage({ at: 'form' })
  }
  return (
    <Sheet title={sentence(action)} isOpen onClose={onClose}>
      {stage.at === 'done' ? (
        <Answered body={stage.body} answer={stage.answer} onNext={onNext} onClose={onClose} />
      ) : (
        <ActForm
          {...{ action, draft, stage, error, onClose }}
          onPreview={() => void preview()}
          onAct={(body) => void act(body)}
          onReason={(reason) => edit({ reason })}
          commands={actCommands(shownBody(parts, action, key, draft))}
        >
          {action === 'close_exception' && (
            <ExceptionField
              {...parts}
              value={draft.exception}
              onChange={(exception) => edit({ exception })}
            />
          )}
          {action === 'add_evidence' && <EvidenceFields {...parts} draft={draft} onChange={edit} />}
        </ActForm>
      )}
    </Sheet>
  )
}

function ActForm({
  action,
  draft,
  stage,
  error,
  children,
  commands,
  onReason,
  onPreview,
  onAct,
  onClose,
}: {
  action: RecoveryAction
  draft: Draft
  stage: Exclude<Stage, { at: 'done' }>
  error: unknown
  children: ReactNode
  commands: [string, string][]
  onReason: (reason: string) => void
  onPreview: () => void
  onAct: (body: ActBody) => void
  onClose: () => void
}) {
  const preview = (event: FormEvent) => {
    event.preventDefault()
    onPreview()
  }
  return (
    <form onSubmit={preview} className="form">
      <p>{ACTS[action].changes}</p>
      {children}
      <TextField
        className="field"
        value={draft.reason}
        onChange={onReason}
        isRequired
        maxLength={500}
      >
        <Label>Reason</Label>
        <TextArea rows={2} placeholder="Why: it is signed with the act, and kept" />
      </TextField>
      {error !== undefined && <Failed error={error} />}
      {stage.at === 'busy' && <p role="status">{stage.doing} …</p>}
      {stage.at === 'tried' && <WouldBe answer={stage.answer} />}
      <div className="row">
        {stage.at === 'tried' ? (
          <Button className="button primary" onPress={() => onAct(stage.body)}>
            {sentence(action)} now
          </Button>
        ) : (
          <Button type="submit" className="button primary" isDisabled={stage.at === 'busy'}>
            See what it would do
          </Button>
        )}
        <Button className="button" onPress={onClose}>
          Cancel
        </Button>
      </div>
      <Commands lines={commands} />
    </form>
  )
}

function ExceptionField({
  report,
  value,
  onChange,
}: RunParts & { value: string; onChange: (value: string) => void }) {
  return (
    <label className="field">
      Exception
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        {openOnes(report).map((one) => (
          <option key={one.exception_id} value={one.exception_id}>
            {words(one.exception_type)} – {one.summary ?? one.exception_id}
          </option>
        ))}
      </select>
    </label>
  )
}

const openOnes = ({ exceptions }: RunParts['report']) => exceptions.filter((one) => !one.settled)

function emptyDraft({ report, run }: RunParts, about: string | undefined): Draft {
  const classes = run.acts.data?.open_evidence ?? []
  const only = classes.length === 1 ? classes[0] : undefined
  const exception = openOnes(report)[0]?.exception_id
  return {
    ...{ reason: '', text: '', evidenceClass: about ?? only ?? '' },
    exception: about ?? exception ?? '',
  }
}

/** @throws SyntaxError where the item is no JSON */
function bodyOf(
  parts: RunParts,
  action: RecoveryAction,
  idempotency_key: string,
  draft: Draft,
): ActBody {
  return {
    ...{ work_order_id: orderOf(parts), recovery_action: action, idempotency_key },
    reason: draft.reason,
    ...(action === 'close_exception' ? { exception_id: draft.exception } : {}),
    ...(action === 'add_evidence' ? { new_evidence_items: [evidenceOf(draft)] } : {}),
  }
}

/** For the commands: what is being written may not be JSON yet. */
function shownBody(
  parts: RunParts,
  action: RecoveryAction,
  idempotency_key: string,
  draft: Draft,
): ActBody {
  const reason = draft.reason || 'TEXT'
  try {
    return bodyOf(parts, action, idempotency_key, { ...draft, reason })
  } catch {
    return { work_order_id: orderOf(parts), recovery_action: action, reason, idempotency_key }
  }
}
