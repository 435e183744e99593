/** What every page of the console is held to. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { inaccessible } from './chromium.ts'
import { shoot } from './shoot.ts'

/** How every page is looked at. */
export const LOOKS = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 } }],
] as const

/** Waits until nothing on the page says that it is still being loaded or verified. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  const isBusy = () => page.locator('.loading, .verified.busy').count()
  await expect.poll(isBusy, { timeout: 30_000 }).toBe(0)
}

/** Axe finds nothing serious, nothing is wider than the page; a picture of it is kept. */
export async function readable(page: Page, path: string, picture: string): Promise<void> {
  expect({ path, found: await inaccessible(page) }).toEqual({ path, found: [] })
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  expect({ path, wide }).toEqual({ path, wide: 0 })
  await shoot(page, picture)
}
