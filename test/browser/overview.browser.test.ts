/** The overview in a real browser: what moves is seen to move, and each number leads to its list. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM } from './chromium.ts'
import { type ConsolePages, openConsolePages } from './console-pages.ts'
import { LOOKS, readable, settled } from './page-checks.ts'

describe.skipIf(CHROMIUM === undefined)('the overview', { timeout: 180_000 }, () => {
  let pages: ConsolePages

  beforeAll(async () => {
    pages = await openConsolePages('overview')
    const { world } = pages
    const poor = await world.newAgent('poor', { credits: 0 })
    await world.publish(poor.order())
    await pages.partialRun()
    const pending = async () => {
      const { body } = await world.get('console', '/v1/runs?state=credit_pending')
      return Object(body).runs.length > 0 || undefined
    }
    await world.until('an order that waits for credits', pending)
  })
  afterAll(() => pages?.stop())

  test('each number leads to the list that it counts, by a filter in the address', async () => {
    const { page, faults, context } = await pages.open('/')
    await page.getByText('settlements pending').waitFor()
    const counted = await page.evaluate(
      `[...document.querySelectorAll('.counters a[href^="/runs?"], .stages a')]
        .map((a) => [a.getAttribute('href'), a.querySelector('strong').textContent])`,
    )
    const links = counted as [string, string][]
    expect(links.length).toBe(9 + 6 + 4)
    for (const [href, said] of links) {
      await page.goto(`${pages.base}${href}`)
      await settled(page)
      // the memory of a list is at most as old as the deployment lets saves be
      const listed = async () => {
        const text = await page.locator('.table-wide > p, .empty').first().innerText()
        const shown = Number(/^([\d,]+) shown, more below$/.exec(text)?.[1]?.replaceAll(',', ''))
        // a long list is read as far as it is seen
        if (shown < Number.parseInt(said, 10)) return said
        return /^(\d+) rows?$/.exec(text)?.[1] ?? '0'
      }
      await expect.poll(listed, { message: href, timeout: 30_000 }).toBe(said)
    }
    const wanted = [
      'state=credit_pending',
      'callback=parked',
      'receipt=issued',
      'waits_for=operator',
    ]
    for (const one of [...wanted, 'runtime=replay_ready', 'state=exception_open']) {
      expect(links.map(([href]) => href)).toContain(`/runs?${one}`)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('an order that comes in is seen to move through the stages without a reload', async () => {
    const { page, faults, context } = await pages.open('/')
    await page.getByRole('heading', { name: 'Moving now' }).waitFor()
    const sealed = page.locator('.stages a[href="/runs?state=attested"] strong')
    const before = Number(await sealed.innerText())
    const order = pages.agent.order()
    await pages.world.publish(order)
    const id = order.object.work_order_id
    await page.locator(`.oldest a[href="/runs/${id}"]`).waitFor({ timeout: 60_000 })
    await expect
      .poll(async () => Number(await sealed.innerText()), { timeout: 60_000 })
      .toBe(before + 1)
    await page.getByText('credits available').waitFor()
    await page.getByText('In the last minute:').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test.each(LOOKS)('it can be read and overflows nothing: %s', async (name, look) => {
    const { page, faults, context } = await pages.open('/', look)
    await settled(page)
    await page.getByText('receipts issued').waitFor()
    await readable(page, '/', `${name}-overview`)
    expect(faults).toEqual([])
    await context.close()
  })
})
