/** What the services' probes answered while something was away. */
export interface Probes {
  /** Answers of /healthz that were not 200: a pod would have been killed. */
  unhealthy: string[]
  /** Services whose /readyz told an outage at least once. */
  unready: Set<string>
  stop(): Promise<void>
}

const EVERY_MS = 500
/** A probe that takes longer has failed. */
const PROBE_MS = 10_000

export function watchProbes(urls: ReadonlyMap<string, string>): Probes {
  const unhealthy: string[] = []
  const unready = new Set<string>()
  let isOver = false
  const ask = (url: string) =>
    fetch(url, { signal: AbortSignal.timeout(PROBE_MS) }).then(
      ({ status }) => status,
      (error: unknown) => String(error),
    )
  const watching = [...urls].map(async ([service, url]) => {
    while (!isOver) {
      const health = await ask(`${url}/healthz`)
      if (health !== 200) unhealthy.push(`${service}: ${health}`)
      if ((await ask(`${url}/readyz`)) === 503) unready.add(service)
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  })
  return {
    unhealthy,
    unready,
    async stop() {
      isOver = true
      await Promise.all(watching)
    },
  }
}
