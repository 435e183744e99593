/** Pictures of pages, kept for whoever looks: in the folder that SCREENSHOTS names, else in one of the run. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { ROOT } from '../repo/files.ts'

const folder = process.env.SCREENSHOTS ?? join(ROOT, 'out/screenshots')

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}
