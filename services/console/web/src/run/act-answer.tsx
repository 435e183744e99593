/** What an act would do, and what became of it. */
import type { RecoveryAction } from '@prooftrail/contracts'
import { Button } from 'react-aria-components'
import { Commands, State } from '../ui/parts.tsx'
import { count, words } from '../ui/words.ts'
import { type ActBody, type Acted, actCommands, type DryRun } from './acts.ts'

export function WouldBe({ answer: { credits, leads_to } }: { answer: DryRun }) {
  return (
    <div className="would" role="status">
      <p>
        <strong>It would be accepted.</strong>{' '}
        {credits === 0 ? 'It costs nothing.' : `It takes ${count(credits, 'credit')}.`}
        {leads_to && <> The run is then {words(leads_to)}.</>}
      </p>
    </div>
  )
}

/** The answer, what comes by itself, and the act that usually follows. */
export function Answered({
  body,
  answer: { act, run },
  onNext,
  onClose,
}: {
  body: ActBody
  answer: Acted
  onNext: (action: RecoveryAction) => void
  onClose: () => void
}) {
  const { allowed_acts: next } = run
  const isAdded = body.recovery_action === 'add_evidence' && next.includes('replay_from_checkpoint')
  return (
    <div className="answer" role="status">
      <p>
        <State name={act.status} tone="good" /> The run is <State name={run.state} />
      </p>
      {isAdded ? (
        <p>
          The tool has not seen it yet: it does with the next replay, after which the run is sealed
          anew. More can be added before.
        </p>
      ) : (
        <p>
          The page shows what comes of it, by itself.
          {next.length > 0 && ` Can follow: ${next.map(words).join(', ')}.`}
        </p>
      )}
      <div className="row">
        {isAdded && (
          <Button
            className="button primary"
            onPress={() => onNext('replay_from_checkpoint')}
            autoFocus
          >
            Go on to the replay
          </Button>
        )}
        <Button
          className={isAdded ? 'button' : 'button primary'}
          onPress={onClose}
          autoFocus={!isAdded}
        >
          Close
        </Button>
      </div>
      <Commands lines={actCommands(body)} />
    </div>
  )
}
