/** The small parts that pages are made of. */
import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { Problem } from '../data/api.ts'
import { CodeHelp } from './code-help.tsx'
import { meaningOf, short, type Tone, toneOf, words } from './words.ts'

const MARKS = { passed: '✓', failed: '✗', open: '–', busy: '…' } as const
const SPOKEN = { passed: 'passed', failed: 'failed', open: 'open', busy: 'under way' } as const

/** A sign with its word for whoever cannot see it. */
export function Mark({ is }: { is: keyof typeof MARKS }) {
  return (
    <span className={`mark ${is}`}>
      <span aria-hidden="true">{MARKS[is]}</span>
      <span className="spoken">{SPOKEN[is]}</span>
    </span>
  )
}

/** A state in a word; the colour repeats what the word says. */
export function State({ name, tone }: { name: string; tone?: Tone }) {
  return (
    <span className={`state ${tone ?? toneOf(name)}`} title={meaningOf(name)}>
      {words(name)}
    </span>
  )
}

/** An id or digest: shortened where there is no place, copied whole. */
export function Id({ value, whole = false }: { value: string; whole?: boolean }) {
  return (
    <span className="id">
      <code title={value}>{whole ? value : short(value)}</code>
      <Copy text={value} what={short(value)} />
    </span>
  )
}

/** Copies a text. @param what what it is, for whoever hears the button */
export function Copy({
  text,
  what,
  children,
}: {
  text: string
  what: string
  children?: ReactNode
}) {
  const [isDone, setDone] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setDone(true)
    setTimeout(() => setDone(false), 1_500)
  }
  return (
    <Button className="copy" aria-label={`Copy ${what}`} onPress={() => void copy()}>
      {isDone ? '✓' : (children ?? <CopySign />)}
    </Button>
  )
}

function CopySign() {
  return (
    <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
      <rect x="5.5" y="5.5" width="8" height="9" rx="1.5" fill="none" stroke="currentColor" />
      <path
        d="M10.5 3.5v-1a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h1"
        fill="none"
        stroke="currentColor"
      />
    </svg>
  )
}

/** A line to be run elsewhere that does what the page shows. */
export function Command({ line, what }: { line: string; what: string }) {
  return (
    <div className="command">
      <code>{line}</code>
      <Copy text={line} what={what} />
    </div>
  )
}

/** What a view or act is by `curl` and by command line. */
export function Commands({ lines }: { lines: readonly (readonly [what: string, line: string])[] }) {
  return (
    <details className="commands">
      <summary>By command</summary>
      {lines.map(([what, line]) => (
        <Command key={what} what={what} line={line} />
      ))}
    </details>
  )
}

export function Section({
  title,
  children,
  aside,
  id,
}: {
  title: string
  children: ReactNode
  aside?: ReactNode
  id?: string
}) {
  return (
    <section className="section" id={id} aria-label={title}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Nothing is there, and why. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  )
}

/** Something is on its way; told to whoever hears the page as well. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="loading" role="status">
      Loading {what} …
    </p>
  )
}

/** What went wrong, its code, and what helps. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const { code, message } =
    error instanceof Problem ? error : { code: 'error', message: String(Object(error).message) }
  return (
    <div className="failed" role="alert">
      <p>
        <code>{code}</code> {message} <CodeHelp code={code} />
      </p>
      {again && (
        <Button className="button" onPress={again}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** Names and values; what is undefined is left out. */
export function Terms({ of }: { of: Readonly<Record<string, ReactNode>> }) {
  return (
    <dl className="terms">
      {Object.entries(of).map(([name, value]) =>
        value === undefined || value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
