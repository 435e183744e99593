/** The public keys of a party: which count, until when, and why not the others. */
import { Empty, Id, State } from './parts.tsx'
import { Time } from './time.tsx'

export interface PartyKey {
  kid: string
  /** Seconds since 1970, as in every key list. */
  nbf?: number
  exp?: number
  revoked_at?: number
  revoked_for?: string
}

export function KeysList({ keys }: { keys: readonly PartyKey[] }) {
  if (keys.length === 0) return <Empty title="It has no key: nothing that it signs counts." />
  return (
    <ul className="lines">
      {keys.map((key) => (
        <li key={key.kid}>
          <State {...standingOf(key)} /> <Id value={key.kid} whole />
          <span className="soft"> {when(key)}</span>
        </li>
      ))}
    </ul>
  )
}

/** Whether a key counts now. */
export function isGood({ nbf = 0, exp, revoked_at }: PartyKey, now = Date.now() / 1000): boolean {
  const isOver = (at: number | undefined) => at !== undefined && at <= now
  return nbf <= now && !isOver(exp) && !isOver(revoked_at)
}

function standingOf(key: PartyKey): { name: string; tone: 'good' | 'bad' | 'calm' } {
  if (isGood(key)) return { name: 'counts', tone: 'good' }
  if (key.revoked_at !== undefined) return { name: 'revoked', tone: 'bad' }
  return { name: (key.nbf ?? 0) > Date.now() / 1000 ? 'not yet' : 'expired', tone: 'calm' }
}

function when({ nbf, exp, revoked_at, revoked_for }: PartyKey) {
  const time = (seconds: number) => <Time at={new Date(seconds * 1000).toISOString()} />
  if (revoked_at !== undefined) {
    return (
      <>
        revoked {time(revoked_at)}
        {revoked_for !== undefined && <>: {revoked_for}</>}
      </>
    )
  }
  return (
    <>
      {nbf !== undefined && <>from {time(nbf)} </>}
      {exp !== undefined && <>until {time(exp)}</>}
    </>
  )
}
