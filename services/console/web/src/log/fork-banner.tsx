/** The log showed two things that do not go together: told on every page until somebody acts on it. */
import { Link } from '@tanstack/react-router'
import { Button } from 'react-aria-components'
import { save } from '../ui/json.tsx'
import { Time } from '../ui/time.tsx'
import { remember, useLogMemory } from './memory.ts'

export function ForkBanner() {
  const memory = useLogMemory()
  const alarm = memory?.alarm
  if (memory === undefined || alarm === undefined) return null
  const evidence = { known: memory.note, known_since: memory.seen_at, ...alarm }
  return (
    <div className="banner bad" role="alert">
      <h2>
        {alarm.type === 'shrunk' ? 'The log lost leaves' : 'The log is forked'}: do not rely on it
      </h2>
      <p>
        <Time at={alarm.at} />: {alarm.detail}. Both checkpoints are signed by the log. Keep them as
        evidence, and compare with a witness.
      </p>
      <div className="row">
        <Button
          className="button"
          onPress={() => save('log-fork.json', `${JSON.stringify(evidence, undefined, 2)}\n`)}
        >
          Save the evidence
        </Button>
        <Button className="button" onPress={() => remember(undefined)}>
          Forget what was seen, and begin anew
        </Button>
      </div>
    </div>
  )
}

/** The same, short, for where one is on another page. */
export function ForkNotice() {
  const alarm = useLogMemory()?.alarm
  if (alarm === undefined) return null
  return (
    <p className="fork-notice" role="alert">
      The log {alarm.type === 'shrunk' ? 'lost leaves' : 'is forked'}: {alarm.detail}.{' '}
      <Link to="/log">See the evidence</Link>
    </p>
  )
}
