/**
 * What a page holds while it is told of runs: its heap after a collection, and how many nodes are in
 * its document, before and after so many rows on its stream. Real orders, the list of runs open.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { CDPSession, Page } from 'playwright-core'
import { type ConsolePages, openConsolePages } from '../browser/console-pages.ts'
import { type Figures, type Plan, sendEvenly } from './plan.ts'

/** Orders that are sent at once. */
const AT_ONCE = 50
/** Orders that are under way at most: a burst is not what is measured. */
const UNDER_WAY = 150
/** How often it is told how far it is; over minutes, once in so many. */
const STEPS = 4
const EVERY_MINUTES = 5
/** For all orders of an hour. */
const CREDITS = 10_000_000

export async function measureMemory(plan: Plan): Promise<Figures> {
  const pages = await openConsolePages('memory')
  try {
    await pages.world.fund(pages.agent.account, CREDITS, 'figures')
    await pages.partialRun()
    const { page, context } = await pages.open('/icon.svg')
    await page.addInitScript(COUNT)
    await page.goto(`${pages.base}/runs`)
    await page.locator('tbody tr').first().waitFor()
    const session = await context.newCDPSession(page)
    const rows = [['at first', '0', '0', ...(await held(session))]]
    const { minutes } = plan
    const steps = minutes === undefined ? STEPS : Math.max(1, Math.round(minutes / EVERY_MINUTES))
    let sent = 0
    for (let step = 1; step <= steps; step += 1) {
      sent +=
        minutes === undefined
          ? await sendUntilTold(pages, page, Math.round((plan.events * step) / steps))
          : await sendFor(pages, plan.rate, minutes / steps)
      const after = minutes === undefined ? `part ${step}` : `${(minutes * step) / steps} min`
      const row = [after, String(await told(page)), String(sent), ...(await held(session))]
      plan.say(row.join('  '))
      rows.push(row)
    }
    await context.close()
    return { head: ['after', 'rows told', 'orders', 'MB of heap', 'nodes'], rows }
  } finally {
    await pages.stop()
  }
}

/** As fast as they are worked off. @returns how many orders were sent */
async function sendUntilTold(
  { world, agent }: ConsolePages,
  page: Page,
  wanted: number,
): Promise<number> {
  let sent = 0
  while ((await told(page)) < wanted) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => world.publish(agent.order())))
    sent += AT_ONCE
    await settledBelow(world.url('console'), UNDER_WAY)
  }
  return sent
}

function sendFor({ world, agent }: ConsolePages, rate: number, minutes: number): Promise<number> {
  const end = performance.now() + minutes * 60_000
  return sendEvenly(
    rate,
    () => world.publish(agent.order()),
    () => performance.now() >= end,
  )
}

/** Counts the rows that the page's stream tells. */
const COUNT = `(() => {
  window.rowsTold = 0
  const Source = window.EventSource
  window.EventSource = class extends Source {
    constructor(...args) {
      super(...args)
      this.addEventListener('runs', ({ data }) => { window.rowsTold += JSON.parse(data).runs.length })
    }
  }
})()`

async function told(page: Page): Promise<number> {
  return Number(await page.evaluate('window.rowsTold'))
}

async function settledBelow(base: string, most: number): Promise<void> {
  for (;;) {
    const { waiting } = Object(await (await fetch(`${base}/v1/queue`)).json())
    if (Number(waiting) < most) return
    await wait(250)
  }
}

/** Megabytes and nodes. */
async function held(session: CDPSession): Promise<[string, string]> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  return [(usedSize / 1e6).toFixed(1), String(nodes)]
}
