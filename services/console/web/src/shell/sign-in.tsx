/** The ways in: the organisation's sign-in, a one-time link, a token. */
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { Button, Input, Label, TextField } from 'react-aria-components'
import { ask } from '../data/api.ts'
import { type Session, sessionQuery } from '../data/queries.ts'
import { Failed } from '../ui/parts.tsx'
import { takeLinkToken } from './link-token.ts'

export function SignIn({
  session,
  onDone,
  onSettled,
  isAgain = false,
}: {
  session: Session
  onDone?: () => void
  /** A link was exchanged or refused. */
  onSettled?: () => void
  /** A page with somebody's work is behind it: nothing may navigate away from it. */
  isAgain?: boolean
}) {
  const client = useQueryClient()
  const [token, setToken] = useState('')
  const [error, setError] = useState<unknown>()
  const signIn = async (body: { link: string } | { token: string }) => {
    setError(undefined)
    try {
      const said = await ask<Session>('/v1/session', { method: 'POST', body })
      client.setQueryData(sessionQuery.queryKey, said)
      await client.invalidateQueries()
      onDone?.()
    } catch (fault) {
      setError(fault)
    }
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link is exchanged once, when it is there
  useEffect(() => {
    const link = takeLinkToken()
    if (link !== undefined) void signIn({ link }).then(onSettled)
  }, [])
  // who signed in on another tab comes back to this one as it was
  useEffect(() => {
    if (!isAgain) return
    const look = async () => {
      const said = await ask<Session>('/v1/session')
      if (!said.signed_in) return
      client.setQueryData(sessionQuery.queryKey, said)
      onDone?.()
    }
    const again = () => void look().catch(() => undefined)
    addEventListener('focus', again)
    return () => removeEventListener('focus', again)
  }, [isAgain, client, onDone])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void signIn({ token })
  }
  const back = `${location.pathname}${location.search}`
  return (
    <div className="sign-in">
      {session.ways.includes('oidc') && (
        <p>
          <a
            className="button primary"
            href={`/v1/session/oidc?back=${encodeURIComponent(isAgain ? '/signed-in' : back)}`}
            {...(isAgain ? { target: '_blank', rel: 'opener' } : {})}
          >
            Sign in with your organisation
          </a>
        </p>
      )}
      {session.ways.includes('link') && (
        <p>
          On this machine: open the link that <code>npm start</code> printed, or have a new one made
          with <code>npx prooftrail console</code>.
        </p>
      )}
      {session.ways.includes('token') && (
        <form onSubmit={submit}>
          <TextField value={token} onChange={setToken} type="password" isRequired>
            <Label>Operator token</Label>
            <Input autoComplete="off" />
          </TextField>
          <Button type="submit" className="button">
            Sign in
          </Button>
        </form>
      )}
      {error !== undefined && <Failed error={error} />}
    </div>
  )
}
