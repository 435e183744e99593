/** How old what is shown is: never silently old. */
import { useLive } from '../data/live.ts'

export function Freshness() {
  const { status, behindSeconds } = useLive()
  const [word, text] = told(status, behindSeconds)
  return (
    <span className={`freshness ${word}`} role="status">
      {text}
    </span>
  )
}

/** Beyond this the projection is said to be behind. */
const BEHIND_SECONDS = 3

function told(status: string, behind: number | null): [string, string] {
  if (status === 'offline') return ['offline', 'offline']
  if (status === 'paused') return ['paused', 'paused']
  if (status === 'connecting') return ['paused', 'connecting']
  if (behind !== null && behind > BEHIND_SECONDS) {
    return ['behind', `behind by ${Math.round(behind)} s`]
  }
  return ['live', 'live']
}
