/** Asks a door. @throws Error with its answer unless it is 2xx; the caller names the shape. */
export async function call<T>(method: 'GET' | 'POST', url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 300)}`)
  // The door's README promises the shape that the caller names.
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** Asks until it is there; what was accepted is known a moment later. */
export async function callUntil<T>(url: string): Promise<T> {
  const until = Date.now() + 30_000
  for (;;) {
    const answer = await fetch(url)
    // As in `call`.
    if (answer.ok) return (await answer.json()) as T
    await answer.body?.cancel()
    if (Date.now() > until) throw new Error(`${url} is not there after 30 s`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
