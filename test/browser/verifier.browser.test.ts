/** The public verifier as an auditor uses it: one file from disk, two files dropped on it. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { verifyTrail } from '@prooftrail/trail'
import { sha256Hex } from '@prooftrail/trail/encoding'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildVerifier } from '../../packages/verifier/build.ts'
import { ROOT } from '../repo/files.ts'
import { CHROMIUM, inaccessible, launch, type Watched, watched } from './chromium.ts'
import { shoot } from './shoot.ts'

const vectors = (name: string) => JSON.parse(readFileSync(join(ROOT, 'test/vectors', name), 'utf8'))
const trails = readdirSync(join(ROOT, 'test/vectors/trails'))

describe.skipIf(CHROMIUM === undefined)('the verifier from disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prooftrail-verifier-'))
  const file = join(folder, 'verifier.html')
  let browser: Browser
  let text = ''

  beforeAll(async () => {
    text = await buildVerifier()
    writeFileSync(file, text)
    browser = await launch()
  })
  afterAll(() => browser?.close())

  const isOwn = (url: string) => /^(file|data|blob):/.test(url)
  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<Watched> {
    const opened = await watched(browser, options, isOwn)
    await opened.page.goto(pathToFileURL(file).href)
    return opened
  }

  test('given a good trail and its keys, then it verifies, and every check and link is shown', async () => {
    const { page, faults, context } = await open()
    const { bundle, keys } = vectors(`trails/${trails[0]}`)
    await give(page, JSON.stringify(bundle), JSON.stringify(keys))
    await page.getByRole('heading', { name: /^✓ Verifies/ }).waitFor()
    expect(await page.locator('ol.checks > li.passed').count()).toBe(8)
    expect(await page.locator('ol.chain > li.holds').count()).toBe(bundle.links.length)
    await page.locator('ol.chain summary').first().press('Enter')
    expect(await page.locator('ol.chain pre').first().innerText()).toContain(bundle.work_order_id)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'verifier-good')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a copy of which one letter was changed, then the link that broke says why', async () => {
    const { page, faults, context } = await open()
    const { bundle, keys } = vectors(`trails/${trails[0]}`)
    const [first] = bundle.links
    const payload = Buffer.from(first.envelope.payload, 'base64').toString()
    const changed = payload.replace('"agent_id":"', '"agent_id":"x')
    expect(changed).not.toBe(payload)
    first.envelope.payload = Buffer.from(changed).toString('base64')
    await give(page, JSON.stringify(bundle), JSON.stringify(keys))
    await page.getByRole('heading', { name: /does not verify/ }).waitFor()
    const broken = page.locator('ol.chain > li.broken').first()
    expect(await broken.locator('ul.problems').innerText()).toContain('LINK_DIGEST')
    expect(await page.locator('ol.checks > li.unreached').count()).toBeGreaterThan(0)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'verifier-tampered')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given every trail, tampered trail and lie of the vectors, then it agrees with the verifier on Node', async () => {
    const { page, faults, context } = await open()
    const cases = [...trails.map((name) => vectors(`trails/${name}`)), ...vectors('lies.json')] as {
      bundle: unknown
      keys: unknown
    }[]
    for (const { bundle, keys } of cases) {
      const [trail, list] = [JSON.stringify(bundle), JSON.stringify(keys)]
      await give(page, trail, list)
      const expected = verifyTrail(Buffer.from(trail), Buffer.from(list))
      const banner = expected.ok
        ? `✓ Verifies: ${expected.verdict}`
        : '✗ This trail does not verify'
      expect(await page.locator('.banner h2').innerText()).toBe(banner)
      const shown = await page.locator('ol.checks ul.problems code').allInnerTexts()
      expect(shown.sort()).toEqual(expected.problems.map(({ code }) => code).sort())
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('given files that are none of the two, then they are named and nothing else happens', async () => {
    const { page, faults, context } = await open()
    await page
      .locator('#file-trail')
      .setInputFiles(memory('notes.txt', '<img src=x onerror=alert(1)>'))
    await page.locator('#file-keys').setInputFiles(memory('other.json', '[1]'))
    await expect.poll(() => page.locator('.banner, #verdict .hint').count()).toBeGreaterThan(0)
    expect(await page.locator('.banner.good').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a phone in the dark, then nothing is cut off and all of it can be read', async () => {
    const { page, faults, context } = await open({
      viewport: { width: 360, height: 740 },
      colorScheme: 'dark',
    })
    const { bundle, keys } = vectors(`trails/${trails[0]}`)
    await give(page, JSON.stringify(bundle), JSON.stringify(keys))
    await page.getByRole('button', { name: 'Open all links' }).click()
    const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(wide).toBeLessThanOrEqual(0)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'verifier-phone-dark')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given something on the page that wants to talk, then its own policy forbids it', async () => {
    const { page, context } = await open()
    const answer = await page.evaluate(
      `fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)`,
    )
    expect(answer).toBe('TypeError')
    const policy = await page.locator('meta[http-equiv]').getAttribute('content')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    await context.close()
  })

  test('it is small', () => expect(gzipSync(text).length).toBeLessThan(60_000))
})

/** Gives the page both files, and waits until it shows both and says something about them. */
async function give(page: Page, trail: string, keys: string): Promise<void> {
  await page.locator('#file-keys').setInputFiles(memory('keys.json', keys))
  await page
    .locator('#said-keys')
    .getByText(`sha256:${sha256Hex(keys)}`)
    .waitFor()
  await page.locator('#file-trail').setInputFiles(memory('a.trail.json', trail))
  await page
    .locator('#said-trail')
    .getByText(`sha256:${sha256Hex(trail)}`)
    .waitFor()
  await page.locator('.banner h2').waitFor()
}

function memory(name: string, text: string) {
  return { name, mimeType: 'application/json', buffer: Buffer.from(text) }
}
