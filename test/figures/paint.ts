/**
 * The first useful paint: from the navigation, with an empty cache, until what a page is opened for is
 * there. Every service in one process, as `npm start` runs them.
 */
import type { Page } from 'playwright-core'
import { type ConsolePages, openConsolePages } from '../browser/console-pages.ts'
import { type Figures, middleOf, type Plan } from './plan.ts'

export async function measurePaint({ tries, say }: Plan): Promise<Figures> {
  const pages = await openConsolePages('paint')
  try {
    const id = await pages.partialRun()
    const wanted = [
      ['/', 'overview: stages', '.stages strong'],
      ['/runs', 'runs: first line', 'tbody tr'],
      [`/runs/${id}`, 'a run: its summary', '.run-head'],
      [`/runs/${id}`, 'a run: verified here', '.verified.passed'],
      ['/sre', 'deployment: first chart', '.chart canvas'],
    ] as const
    const rows: string[][] = []
    for (const [path, name, selector] of wanted) {
      const times: number[] = []
      const first: number[] = []
      for (let n = 0; n < tries; n += 1) {
        const { at, contentful } = await paintOf(pages, path, selector)
        times.push(at)
        first.push(contentful)
      }
      rows.push([name, middleOf(times, 'ms'), middleOf(first, 'ms')])
      say(`${name}: ${middleOf(times, 'ms')}`)
    }
    return { head: ['an empty cache', 'useful', 'first contentful paint'], rows }
  } finally {
    await pages.stop()
  }
}

/** In a context of its own, so that nothing is cached. @returns milliseconds since the navigation */
async function paintOf(pages: ConsolePages, path: string, selector: string) {
  const context = await pages.browser.newContext({ viewport: { width: 1360, height: 900 } })
  try {
    const page = await context.newPage()
    await page.addInitScript(`(() => {
      const look = () => {
        if (document.querySelector(${JSON.stringify(selector)})) {
          requestAnimationFrame(() => { window.usefulAt ??= performance.now() })
          watch.disconnect()
        }
      }
      const watch = new MutationObserver(look)
      watch.observe(document, { childList: true, subtree: true, attributes: true })
    })()`)
    await page.goto(pages.base + path)
    await page.locator(selector).first().waitFor({ state: 'attached', timeout: 60_000 })
    // in the frame after it; a function of the page's own would be evaluated, which its policy forbids
    await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    )
    return {
      at: Number(await page.evaluate('window.usefulAt')),
      contentful: await contentfulOf(page),
    }
  } finally {
    await context.close()
  }
}

async function contentfulOf(page: Page): Promise<number> {
  const found = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`
  return Number(await page.evaluate(found))
}
