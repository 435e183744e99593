/** How often which answer came to what was asked. */
export interface Answers {
  count(asked: string, answer: string, times?: number): void
  /** By what was asked, each with its answers, the most frequent first. */
  list(): { asked: string; times: number; answers: [answer: string, times: number][] }[]
  total(): number
}

export function makeAnswers(): Answers {
  const counts = new Map<string, Map<string, number>>()
  const sum = (all: ReadonlyMap<string, number>) => [...all.values()].reduce((a, b) => a + b, 0)
  return {
    count(asked, answer, times = 1) {
      const own = counts.get(asked) ?? new Map<string, number>()
      counts.set(asked, own.set(answer, (own.get(answer) ?? 0) + times))
    },
    list: () =>
      [...counts]
        .map(([asked, own]) => ({
          ...{ asked, times: sum(own) },
          answers: [...own].sort(([, one], [, other]) => other - one),
        }))
        .sort((one, other) => one.asked.localeCompare(other.asked)),
    total: () => [...counts.values()].reduce((all, own) => all + sum(own), 0),
  }
}

const ANSWER_MS = 30_000

/** What a door said; undefined where it did not answer. */
export async function asked(
  url: string,
  body?: unknown,
): Promise<{ status: number; body: { [member: string]: unknown } } | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS)
    const headers = { 'content-type': 'application/json' }
    const post = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await fetch(url, { signal, ...(body === undefined ? {} : post) })
    return { status: answer.status, body: Object(await answer.json()) }
  } catch {
    return undefined
  }
}
