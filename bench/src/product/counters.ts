/** Sums of the services' own counters, by service and name, as `/metrics` tells them. */
export type Counters = Record<string, Record<string, number>>

const WANTED =
  /^prooftrail_(inputs_total|events_total|parked_total|saves_total|lost_races_total|rounds_total|round_seconds_sum|round_inputs_sum|effects_total|republished_total)(?:\{([^}]*)\})? (\S+)$/

/** Reads every service's counters; a service that does not answer counts as empty. */
export async function readCounters(urls: Record<string, string>): Promise<Counters> {
  const entries = await Promise.all(
    Object.entries(urls).map(async ([service, url]) => {
      const text = await fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      )
      const sums: Record<string, number> = {}
      for (const line of text.split('\n')) {
        const [, name, labels = '', value] = WANTED.exec(line) ?? []
        if (name === undefined) continue
        sums[name] = (sums[name] ?? 0) + Number(value)
        const [, outcome] = /outcome="([^"]+)"/.exec(labels) ?? []
        if (outcome) sums[`${name}.${outcome}`] = (sums[`${name}.${outcome}`] ?? 0) + Number(value)
      }
      return [service, sums] as const
    }),
  )
  return Object.fromEntries(entries)
}

/** What was counted between two readings. */
export function difference(before: Counters, after: Counters): Counters {
  return Object.fromEntries(
    Object.entries(after).map(([service, sums]) => [
      service,
      Object.fromEntries(
        Object.entries(sums).map(([name, value]) => [name, value - (before[service]?.[name] ?? 0)]),
      ),
    ]),
  )
}
