/** The page of one thing: where it is listed, what it is, how it stands, and the same by command. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Commands, Failed, Loading } from './parts.tsx'

/** @param of what is asked for it; `about` and `children` say what is shown once it is there */
export function OnePage<T>({
  of: { data, error, refetch },
  what,
  list,
  title,
  about,
  commands,
  children,
}: {
  of: { data: T | undefined; error: unknown; refetch: () => unknown }
  /** In words: `the tool`. */
  what: string
  list: readonly [to: '/tools' | '/agents' | '/accounts' | '/parked', label: string]
  title: string
  about?: (data: T) => ReactNode
  commands: readonly (readonly [what: string, line: string])[]
  children: (data: T) => ReactNode
}) {
  const [to, label] = list
  return (
    <main id="main">
      <div className="run-head">
        <div>
          <p className="over">
            <Link to={to}>{label}</Link>
          </p>
          <h1>{title}</h1>
          {data !== undefined && about?.(data)}
        </div>
      </div>
      {data !== undefined ? (
        children(data)
      ) : error ? (
        <Failed error={error} again={() => void refetch()} />
      ) : (
        <Loading what={what} />
      )}
      <Commands lines={commands} />
    </main>
  )
}
