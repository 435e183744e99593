/** A real browser for tests of pages: Debian's Chromium, or the one that CHROMIUM names. */
import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']

/** Where the browser is; undefined where there is none. */
export const CHROMIUM: string | undefined = PLACES.find(
  (path) => path !== undefined && existsSync(path),
)

if (CHROMIUM === undefined) {
  process.stderr.write(
    'Tests of pages are skipped: there is no Chromium (apt-get install chromium, or set CHROMIUM).\n',
  )
}

/** Starts the browser, with nothing that asks the network on its own. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  })
}

/** A page, and whatever happened on it that must not: violations of the policy, errors, requests. */
export interface Watched {
  page: Page
  faults: string[]
  context: BrowserContext
}

/** Opens a page that is watched. @param allowed which addresses it may ask for */
export async function watched(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0],
  allowed: (url: string) => boolean,
): Promise<Watched> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const faults: string[] = []
  await page.exposeFunction('violated', (what: string) => faults.push(`policy: ${what}`))
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (e) => violated(e.violatedDirective + ' ' + e.blockedURI))`,
  )
  page.on('console', (said) => {
    if (said.type() === 'error') faults.push(`console: ${said.text()} ${said.location().url}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('request', (request) => {
    if (!allowed(request.url())) faults.push(`request: ${request.url()}`)
  })
  return { page, faults, context }
}

/** What axe finds with no rule switched off: rule and place of each serious or critical finding. */
export async function inaccessible(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found: { id: string; impact: string; nodes: { target: string[] }[] }[] =
    await page.evaluate('axe.run().then(({ violations }) => violations)')
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}
