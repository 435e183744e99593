/** Everything that the page asks goes through here: one dialect of answers, refusals and outages. */

/** What a door answered instead of what was asked for; `code` is one of docs/errors.md. */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly code: string
  readonly body: Readonly<Record<string, unknown>>

  constructor(status: number, code: string, detail: string, body: Record<string, unknown> = {}) {
    super(detail)
    this.status = status
    this.code = code
    this.body = body
  }

  /** Nobody answered: the network, or the console, is away. */
  get isOffline(): boolean {
    return this.status === 0
  }
}

/** What `Problem` says where nothing answered. */
const OFFLINE = 'The console does not answer. What is shown is what was last known.'
const TIMEOUT_MS = 20_000

export interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
  signal?: AbortSignal
  /** A handle that opens one task: shown instead of who is signed in. */
  bearer?: string | undefined
  /** Default 20 s. */
  timeoutMs?: number
}

/** Asks the console for JSON. @throws Problem */
export async function ask<T>(path: string, asked: Asked = {}): Promise<T> {
  const answer = await reach(path, asked)
  const text = await answer.text()
  const body = parsed(text)
  // each caller names the shape that the route promises
  if (answer.ok) return body as T
  throw problemOf(answer.status, body)
}

/** Asks for a document as it stands, to the byte. @throws Problem */
export async function askText(path: string, asked: Asked = {}): Promise<string> {
  const answer = await reach(path, asked)
  const text = await answer.text()
  if (answer.ok) return text
  throw problemOf(answer.status, parsed(text))
}

async function reach(path: string, asked: Asked): Promise<Response> {
  const { method = 'GET', body, signal, bearer, timeoutMs = TIMEOUT_MS } = asked
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    if (answer.status === 401 && bearer === undefined) sessionEnded()
    return answer
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Problem(0, 'offline', OFFLINE)
  }
}

function problemOf(status: number, body: unknown): Problem {
  const said: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const code = typeof said.code === 'string' ? said.code : `HTTP ${status}`
  const detail = typeof said.detail === 'string' ? said.detail : `The console answered ${status}.`
  return new Problem(status, code, detail, said)
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

type Listener = () => void
const listeners = new Set<Listener>()

/** Calls back whenever an answer says that nobody is signed in any more. @returns takes it back */
export function onSessionEnd(listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function sessionEnded(): void {
  for (const listener of listeners) listener()
}
