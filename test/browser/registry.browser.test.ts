/** Parked messages, tools, agents, accounts and the log: each page read, walked and, for the log, lied to. */
import { exampleKey, exampleTrailKey } from '@prooftrail/testing/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, inaccessible } from './chromium.ts'
import { type ClosedPages, openClosedPages } from './closed-pages.ts'
import { LOOKS, readable, settled } from './page-checks.ts'
import { shoot } from './shoot.ts'

describe.skipIf(CHROMIUM === undefined)(
  'what is registered and logged',
  { timeout: 240_000 },
  () => {
    let pages: ClosedPages
    let there: ClosedPages['there']
    const open: ClosedPages['openSignedIn'] = (path, look) => pages.openSignedIn(path, look)

    beforeAll(async () => {
      pages = await openClosedPages()
      there = pages.there
    })
    afterAll(() => pages?.stop())

    test.each(LOOKS)('every page can be read and overflows nothing: %s', async (name, look) => {
      const { page, faults, context } = await open('/parked', look)
      for (const path of [
        ...['/parked', `/parked/${there.parkedId}`, '/tools', '/tools/energyops', '/agents'],
        ...['/agents/agent-1', '/accounts', '/accounts/acme', '/log?leaf=7'],
      ]) {
        await page.goto(`${there.url}${path}`)
        await settled(page)
        const plain = path.replace(there.parkedId, 'one')
        await readable(page, path, `${name}${plain.replaceAll(/[/?=]+/g, '-')}`)
      }
      expect(faults).toEqual([])
      await context.close()
    })

    test('each number leads to its list, by keyboard as well', async () => {
      const { page, faults, context } = await open('/agents')
      await page.locator('tbody tr').first().waitFor()
      await page.keyboard.press('j')
      await page.keyboard.press('Enter')
      await page.waitForURL('**/agents/agent-1')
      await page.getByRole('link', { name: /held by runs/ }).click()
      await page.waitForURL('**/runs?agent=agent-1&waits_for=service')
      await page.goBack()
      await page.getByRole('link', { name: /debited/ }).click()
      await page.waitForURL('**/accounts/acme?kind=debit')
      await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
      await page.getByLabel('kind').selectOption('fund')
      await page.locator('tbody tr a').first().click()
      await page.getByRole('dialog', { name: 'Settlement receipt' }).waitFor()
      await page.goto(`${there.url}/tools/energyops`)
      await page.getByRole('link', { name: /at work/ }).click()
      await page.waitForURL('**/runs?tool=energyops&state=operating')
      expect(faults).toEqual([])
      await context.close()
    })

    test('given parked messages, when one is marked and discarded, then that wants a reason and says first what it would do', async () => {
      const { page, faults, context } = await open('/parked')
      await page.getByLabel(`Mark ${there.parkedId}`).waitFor()
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await page.getByRole('button', { name: 'Discard 1 marked one' }).click()
      const sheet = page.getByRole('dialog', { name: 'Discard: 1 parked message' })
      await sheet.getByRole('button', { name: 'See what would happen' }).click()
      expect(await sheet.getByText('1 message would be discarded').count()).toBe(0)
      await sheet.getByLabel('Reason').fill('nobody knows this agent')
      await sheet.getByRole('button', { name: 'See what would happen' }).click()
      await sheet.getByText('1 message would be discarded').waitFor()
      expect(await inaccessible(page)).toEqual([])
      await shoot(page, 'parked-tried')
      expect(faults).toEqual([])
      await context.close()
    })

    test('given keys of one’s own, then the verdict rests on those alone, says so, and does after a reload', async () => {
      const { page, faults, context } = await open('/log')
      const section = page.getByRole('region', { name: 'Keys that the verdict rests on' })
      const signed = page.locator('.checks > li').first()
      await page.locator('.checks > li.passed').first().waitFor()
      expect(await section.innerText()).toContain('The key list that this console serves')
      const kid = await section.locator('.id code').first().innerText()
      const origin = await page.locator('dd code').first().innerText()

      // somebody else's key of this log's name
      const foreign = exampleTrailKey(exampleKey(origin, ['log'], 'somebody else'))
      await section.locator('input[type=file]').setInputFiles({
        ...{ name: 'my-keys.json', mimeType: 'application/json' },
        buffer: Buffer.from(JSON.stringify({ keys: [foreign] })),
      })
      await expect.poll(() => section.innerText()).toContain('my-keys.json, which you gave')
      await expect.poll(() => signed.getAttribute('class')).toBe('failed')
      expect(await inaccessible(page)).toEqual([])
      await shoot(page, 'log-own-keys')

      await section.getByLabel('Or ids of the log’s keys that you know').fill(kid)
      await section.getByRole('button', { name: 'Rely on these alone' }).click()
      await expect.poll(() => section.innerText()).toContain('1 key id that you gave')
      await expect.poll(() => signed.getAttribute('class')).toBe('passed')
      await section.getByLabel('Or ids of the log’s keys that you know').fill(foreign.kid)
      await section.getByRole('button', { name: 'Rely on these alone' }).click()
      await page.goto(`${there.url}/log?leaf=7`)
      await page.getByRole('heading', { name: /Leaf 7 is not proven/ }).waitFor()
      await expect.poll(() => signed.getAttribute('class')).toBe('failed')
      await section.getByRole('button', { name: 'Rely on the console’s list again' }).click()
      await expect.poll(() => signed.getAttribute('class')).toBe('passed')
      expect(faults).toEqual([])
      await context.close()
    })

    test('given a log, then a leaf is proven here, its growth is proven, and a fork is shouted on every page', async () => {
      const { page, faults, context } = await open('/log')
      await page.getByText('sees the log for the first time').waitFor({ timeout: 120_000 })
      await page.getByLabel('Index of a leaf, or any id of a run').fill('42')
      await page.getByRole('button', { name: 'Prove it' }).click()
      await page.getByRole('heading', { name: /Leaf 42 is in the log/ }).waitFor()
      there.log.show(700)
      await page.getByText(/300 leaves, proven by \d+ hash/).waitFor({ timeout: 60_000 })
      there.log.show(900, 'b')
      await page
        .getByRole('heading', { name: 'The log is forked: do not rely on it' })
        .waitFor({ timeout: 60_000 })
      expect(await inaccessible(page)).toEqual([])
      await shoot(page, 'log-forked')
      await page.goto(`${there.url}/tools`)
      await page.getByText('The log is forked').waitFor()
      there.log.show(300)
      expect(faults).toEqual([])
      await context.close()
    })
  },
)
