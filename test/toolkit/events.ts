/** A reader of server-sent events, as a page has one. */

export interface StreamEvent {
  event: string
  id: string | undefined
  data: Record<string, unknown>
}

/** Events of a stream, one after the other; `cut` closes the connection as a network does. */
export async function readEvents(url: string, lastId?: string) {
  const abort = new AbortController()
  const answer = await fetch(url, {
    signal: abort.signal,
    headers: lastId === undefined ? {} : { 'last-event-id': lastId },
  })
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return { events: eventsIn(answer), cut: () => abort.abort() }
}

async function* eventsIn({ body }: Response): AsyncGenerator<StreamEvent> {
  if (body === null) return
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const members = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line): [string, string] => {
            const colon = line.indexOf(':')
            return [line.slice(0, colon), line.slice(colon + 2)]
          }),
      )
      text = text.slice(end + 2)
      const event = members.get('event')
      if (event === undefined) continue
      yield { event, id: members.get('id'), data: JSON.parse(members.get('data') ?? '{}') }
    }
  }
}
