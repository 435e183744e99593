/** The console's page as every browser test has it: built from its sources, watched, asking nobody else. */
import { buildPage } from '@prooftrail/cli'
import type { Browser } from 'playwright-core'
import { type Watched, watched } from './chromium.ts'

/** How a page is opened: size, colours, and whatever else a context takes. */
export type Look = Parameters<Browser['newContext']>[0]

/** @throws Error that says why it cannot be built */
export async function builtPage(): Promise<void> {
  const said: string[] = []
  await buildPage(({ message }) => said.push(message))
  const fault = said.find((message) => message.startsWith('not built'))
  if (fault !== undefined) throw new Error(fault)
}

/** A page of its own context. @param bases whom it may ask */
export function watchedPage(
  browser: Browser,
  bases: readonly string[],
  look: Look = {},
): Promise<Watched> {
  return watched(
    browser,
    { viewport: { width: 1360, height: 900 }, ...look },
    (url) => bases.some((base) => url.startsWith(`${base}/`)) || /^(data|blob):/.test(url),
  )
}
