/**
 * What open consoles cost the services: CPU of each process, with orders coming in, first with nobody
 * looking, then with three pages open (overview, runs, deployment). One process per service.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { openConsolePages } from '../browser/console-pages.ts'
import { type Figures, type Plan, sendEvenly } from './plan.ts'

const PAGES = ['/', '/runs', '/sre'] as const
/** Before a window opens: caches fill, code is compiled. */
const WARM_SECONDS = 15

export async function measureCpu({ seconds, rate, say }: Plan): Promise<Figures> {
  const pages = await openConsolePages('cpu', { processes: true })
  const { world, agent } = pages
  const urls = world.services.urls
  try {
    let isOver = false
    const load = sendEvenly(
      rate,
      () => world.publish(agent.order()),
      () => isOver,
    )
    await wait(WARM_SECONDS * 1_000)
    say(`nobody looks, ${seconds} s`)
    const alone = await windowOf(urls, seconds)
    const opened = await Promise.all(PAGES.map((path) => pages.open(path)))
    await wait(WARM_SECONDS * 1_000)
    say(`three consoles, ${seconds} s`)
    const watched = await windowOf(urls, seconds)
    isOver = true
    await load
    for (const { context } of opened) await context.close()
    const sum = (all: ReadonlyMap<string, number>) => [...all.values()].reduce((a, b) => a + b, 0)
    const rowOf = (name: string, before: number, after: number) => [
      ...[name, before.toFixed(1), after.toFixed(1)],
    ]
    return {
      head: [`${rate} orders/s, CPU ms a second`, 'nobody looks', 'three consoles'],
      rows: [
        ...[...alone].map(([name, before]) => rowOf(name, before, watched.get(name) ?? 0)),
        rowOf('all', sum(alone), sum(watched)),
      ],
    }
  } finally {
    await pages.stop()
  }
}

/** Milliseconds of CPU that each service used in a second of the window. */
async function windowOf(
  urls: ReadonlyMap<string, string>,
  seconds: number,
): Promise<Map<string, number>> {
  const before = await usedBy(urls)
  const from = performance.now()
  await wait(seconds * 1_000)
  const after = await usedBy(urls)
  const took = (performance.now() - from) / 1_000
  return new Map(
    [...after].map(([name, used]) => [name, ((used - (before.get(name) ?? 0)) * 1_000) / took]),
  )
}

async function usedBy(urls: ReadonlyMap<string, string>): Promise<Map<string, number>> {
  const each = [...urls].map(async ([name, url]): Promise<[string, number]> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return [name, Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(text)?.[1])]
  })
  return new Map(await Promise.all(each))
}
