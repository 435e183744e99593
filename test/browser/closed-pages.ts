/** The console with its doors closed, as tests of its pages open it: its page, an issuer, a browser. */
import type { Browser } from 'playwright-core'
import {
  type ClosedConsole,
  OPERATOR_TOKEN,
  startClosedConsole,
  // biome-ignore lint/style/noRestrictedImports: a console of its fixtures, which no package exports
} from '../../services/console/src/web/closed-console.fixtures.ts'
import { launch, type Watched } from './chromium.ts'
import { builtPage, type Look, watchedPage } from './console-page.ts'

export {
  HANDLE,
  OPERATOR_TOKEN,
  OTHER_RUN,
  RUN,
  // biome-ignore lint/style/noRestrictedImports: a console of its fixtures, which no package exports
} from '../../services/console/src/web/closed-console.fixtures.ts'

export interface ClosedPages {
  there: ClosedConsole
  browser: Browser
  /** As somebody who has not signed in. */
  open(path: string, look?: Look): Promise<Watched>
  /** As the operator. */
  openSignedIn(path: string, look?: Look): Promise<Watched>
  stop(): Promise<void>
}

/** @throws Error where the page cannot be built */
export async function openClosedPages(): Promise<ClosedPages> {
  await builtPage()
  const there = await startClosedConsole()
  const browser = await launch()
  const opened = (look?: Look) => watchedPage(browser, [there.url, there.issuer], look)
  return {
    ...{ there, browser },
    async open(path, look) {
      const one = await opened(look)
      await one.page.goto(`${there.url}${path}`)
      return one
    },
    async openSignedIn(path, look) {
      const one = await opened(look)
      const data = { token: OPERATOR_TOKEN }
      const answer = await one.context.request.post(`${there.url}/v1/session`, { data })
      if (!answer.ok()) throw new Error(`the session answers ${answer.status()}`)
      await one.page.goto(`${there.url}${path}`)
      return one
    },
    async stop() {
      await browser.close()
      there.stop()
    },
  }
}
