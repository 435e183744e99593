/** Lets nobody in who is not signed in, and keeps what is open when a session ends. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { onSessionEnd } from '../data/api.ts'
import { useLiveStream } from '../data/live.ts'
import { type Session, sessionQuery } from '../data/queries.ts'
import { Failed, Loading } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import { hasLinkToken } from './link-token.ts'
import { SignIn } from './sign-in.tsx'

export function SessionGate() {
  const { data: session, error, refetch } = useQuery(sessionQuery)
  const [isByLink, setByLink] = useState(hasLinkToken)
  if (error && !session) {
    return (
      <main id="main">
        <h1>Prooftrail</h1>
        <Failed error={error} again={() => void refetch()} />
      </main>
    )
  }
  if (!session) return <Loading what="who is signed in" />
  if (!session.signed_in || isByLink) {
    return (
      <main id="main" className="narrow">
        <h1>Sign in</h1>
        <SignIn session={session} onSettled={() => setByLink(false)} />
      </main>
    )
  }
  return <SignedIn session={session} />
}

function SignedIn({ session }: { session: Session }) {
  const client = useQueryClient()
  const [isOver, setOver] = useState(false)
  useLiveStream(session.stream)
  useEffect(() => onSessionEnd(() => setOver(true)), [])
  const back = async () => {
    setOver(false)
    await client.invalidateQueries()
  }
  return (
    <>
      <Outlet />
      <Sheet title="Your session has ended" isOpen={isOver} onClose={() => setOver(false)}>
        <p>What you wrote on this page is kept. Sign in again and go on.</p>
        <SignIn session={session} onDone={() => void back()} isAgain />
      </Sheet>
    </>
  )
}
