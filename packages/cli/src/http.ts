import { CommandError } from './fault.ts'

/** Asks an address. @throws CommandError PT-8004 when it does not answer */
export async function reach<T>(url: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof CommandError) throw error
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : error
    throw new CommandError(
      'PT-8004',
      `${new URL(url).origin} does not answer (${cause}). Is the stack up? Try \`prooftrail doctor\`.`,
      3,
    )
  }
}

/** A door that took a request and says nothing has ended meanwhile. */
const PATIENCE_MS = 120_000

/** Reads a problem document's code and detail, so that people learn what to do. */
export async function ask<T>(
  method: 'GET' | 'POST',
  url: string,
  body?: unknown,
): Promise<{ status: number; body: T }> {
  const token = process.env.PROOFTRAIL_TOKEN
  const { answer, text } = await reach(url, async () => {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { answer, text: await answer.text() }
  })
  const parsed: unknown = text === '' ? undefined : parse(text)
  if (answer.ok || answer.status === 404) {
    // Each caller names the shape that the service's README promises.
    return { status: answer.status, body: parsed as T }
  }
  const problem = Object(parsed)
  const code = typeof problem.code === 'string' ? problem.code : `HTTP ${answer.status}`
  throw new CommandError(code, String(problem.detail ?? text.slice(0, 300)))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** How long to ask, and what the answer must say. */
export interface AskUntil<T> {
  timeoutMs?: number
  isThere?: (body: T) => boolean
}

/** Asks until the answer is there; what was accepted is known a moment later. */
export async function askUntil<T>(
  url: string,
  what: string,
  { timeoutMs = 30_000, isThere = () => true }: AskUntil<T> = {},
): Promise<T> {
  const until = Date.now() + timeoutMs
  for (;;) {
    const { status, body } = await ask<T>('GET', url)
    if (status === 200 && isThere(body)) return body
    if (Date.now() > until) {
      throw new CommandError('PT-8005', `${what} is not there after ${timeoutMs / 1000} s`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
