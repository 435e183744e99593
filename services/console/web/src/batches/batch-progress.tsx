/** How far a batch is: each run counted once, by its answer. */
import type { Batch } from '../data/batches.ts'
import { State } from '../ui/parts.tsx'
import { durationOf } from '../ui/time.tsx'
import { count } from '../ui/words.ts'
import { ANSWERS } from './answers.ts'

export function BatchProgress({ batch }: { batch: Batch }) {
  const { status, counts, total, settled } = batch
  const done = counts.accepted + counts.refused + counts.unanswered
  const shown = ANSWERS.filter(([name]) => counts[name] > 0)
  return (
    <div className="batch-progress">
      <p role="status">
        <State name={status} />{' '}
        <strong>
          {done.toLocaleString('en')} of {count(total, 'run')} answered
        </strong>
        <span className="soft"> {aboutIt(batch)}</span>
      </p>
      <div className="bar" aria-hidden="true">
        {shown.map(([name]) => (
          <span key={name} className={name} style={{ flexGrow: counts[name] }} />
        ))}
      </div>
      <ul className="legend">
        {shown.map(([name, text]) => (
          <li key={name} className={name}>
            {counts[name].toLocaleString('en')} {text}
          </li>
        ))}
      </ul>
      {settled && counts.refused + counts.unanswered + counts.not_asked > 0 && (
        <p className="soft">
          Each run that was not accepted says below why, and leads to what can be done with it.
        </p>
      )}
    </div>
  )
}

function aboutIt({ status, counts, per_second, settled, expires_at }: Batch): string {
  const left = counts.waiting
  switch (status) {
    case 'created':
      return 'Frozen; nothing is asked before you run it.'
    case 'running':
      return left > 0
        ? `${per_second} a second at most, about ${durationOf((left * 1_000) / per_second)} left.`
        : 'Every run is asked; the last answers are on their way.'
    case 'paused':
      return counts.asked > 0
        ? 'It asks for nothing more; what is under way is answered all the same.'
        : `It asks for nothing until it is resumed, until ${expires_at.slice(0, 16)} UTC.`
    case 'done':
      return 'Nothing more comes.'
    case 'stopped':
    case 'expired':
      return settled ? 'Nothing more comes.' : 'What is under way is answered all the same.'
  }
}
