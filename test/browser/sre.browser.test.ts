/** The page of the deployment in a real browser: every panel of the dashboards, from real services. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dashboards } from '../../deploy/observability/panels.ts'
import { ROOT } from '../repo/files.ts'
import { CHROMIUM } from './chromium.ts'
import { type ConsolePages, openConsolePages } from './console-pages.ts'
import { LOOKS, readable, settled } from './page-checks.ts'
import { shoot } from './shoot.ts'

const USUAL = 'prooftrail-overview'
const pathOf = (uid: string) => (uid === USUAL ? '/sre' : `/sre?dashboard=${uid}`)

describe.skipIf(CHROMIUM === undefined)('the page of the deployment', { timeout: 180_000 }, () => {
  let pages: ConsolePages

  beforeAll(async () => {
    pages = await openConsolePages('sre')
    await pages.partialRun()
    await pages.world.publish(pages.agent.order())
    // a rate needs two samples
    const rates = async () => (await drawn(USUAL)).rows[1]?.panels[0]?.lines.length || undefined
    await pages.world.until('rates of orders', rates, 60_000)
  })
  afterAll(() => pages?.stop())

  interface Drawn {
    rows: { panels: { id: string; kind: string; lines: { legend: string }[] }[] }[]
  }
  async function drawn(uid: string): Promise<Drawn> {
    // the contract's own tests hold the shape
    return (await pages.world.get('console', `/v1/sre/${uid}?range=300`)).body as unknown as Drawn
  }

  async function legendsOf(uid: string, panel: string): Promise<string[]> {
    const panels = (await drawn(uid)).rows.flatMap(({ panels }) => panels)
    return panels.find(({ id }) => id === panel)?.lines.map(({ legend }) => legend) ?? []
  }

  test.each(dashboards.map(({ uid, rows }) => [uid, rows] as const))(
    'every panel of %s is drawn: its lines or its number, or that there is none',
    async (uid, rows) => {
      const told = (await drawn(uid)).rows.flatMap(({ panels }) => panels)
      const { page, faults, context } = await pages.open(pathOf(uid))
      await settled(page)
      const wanted = rows.flatMap(({ panels }) => panels.map(({ id, title }) => ({ id, title })))
      const figures = page.locator('figure[data-panel]')
      await expect.poll(() => figures.count()).toBe(wanted.length)
      for (const { id, title } of wanted) {
        const figure = page.locator(`figure[data-panel="${id}"]`)
        expect(await figure.locator('h3').innerText()).toBe(title)
        const { kind, lines = [] } = told.find((one) => one.id === id) ?? {}
        if (lines.length === 0) await figure.locator('.none, .chart, .numbers').first().waitFor()
        else if (kind === 'number') await figure.locator('.numbers strong').first().waitFor()
        else {
          await figure.locator('.chart canvas').waitFor()
          // it is drawn in a frame of its own
          await expect
            .poll(async () => ({ id, isInked: await isInked(page, id) }))
            .toEqual({ id, isInked: true })
          // the page asked at another moment than this test: each asks again
          await expect
            .poll(async () => {
              const [legend] = await figure.locator('.lines-of tbody th').allInnerTexts()
              return { id, isTold: (await legendsOf(uid, id)).includes(legend?.trim() ?? '') }
            })
            .toEqual({ id, isTold: true })
        }
      }
      expect(faults).toEqual([])
      await context.close()
    },
  )

  test('by keyboard a chart tells the values of any moment, in words', async () => {
    const { page, faults, context } = await pages.open('/sre')
    await settled(page)
    const moment = page.getByRole('slider', { name: 'Moment in Orders', exact: true })
    await moment.focus()
    await page.keyboard.press('ArrowLeft')
    const said = await moment.getAttribute('aria-valuetext')
    expect(said).toMatch(/^\d{4}-\d\d-\d\d .*accepted (–|[\d.]+\/s)/)
    await expect
      .poll(() => page.locator('[data-panel="orders"] thead').innerText())
      .toMatch(/\d\d:\d\d:\d\d/)
    expect(faults).toEqual([])
    await context.close()
  })

  test('dashboard and span stand in the address', async () => {
    const { page, faults, context } = await pages.open('/sre')
    await page.getByRole('link', { name: 'receipt', exact: true }).click()
    await page.waitForURL('**/sre?dashboard=prooftrail-receipt')
    await page.getByLabel('over the last').selectOption('300')
    await page.waitForURL('**/sre?dashboard=prooftrail-receipt&range=300')
    await page.locator('[data-panel="credits"] canvas').waitFor()
    await page.reload()
    await page.locator('[data-panel="credits"] canvas').waitFor()
    expect(await page.getByLabel('over the last').inputValue()).toBe('300')
    expect(faults).toEqual([])
    await context.close()
  })

  test('a service that does not answer is shown as such', async () => {
    const { page, context } = await pages.open('/sre')
    await page.getByRole('list', { name: 'Processes' }).getByText('answers').first().waitFor()
    const answers = await page.locator('.targets > li:not(.silent)').count()
    expect(answers).toBe(pages.world.services.urls.size)
    await page.route('**/v1/sre', async (route) => {
      const answer = await route.fetch()
      const body = await answer.json()
      Object.assign(body.targets[0], { up: false, reason: 'ECONNREFUSED' })
      await route.fulfill({ response: answer, json: body })
    })
    await page.locator('.targets > li.silent').waitFor()
    expect(await page.locator('.targets > li.silent').innerText()).toContain('ECONNREFUSED')
    await shoot(page, 'sre-silent')
    await context.close()
  })

  test.each(LOOKS)('it can be read and overflows nothing: %s', async (name, look) => {
    const { page, faults, context } = await pages.open('/sre', look)
    for (const uid of [USUAL, 'prooftrail-console', 'prooftrail-tool-tokenops']) {
      await page.goto(`${pages.base}${pathOf(uid)}`)
      await settled(page)
      await page.locator('figure').first().waitFor()
      await readable(page, uid, `${name}-sre-${uid.replace('prooftrail-', '')}`)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('charts are loaded with this page alone', () => {
    const assets = join(ROOT, 'services/console/web/dist/assets')
    const holds = readdirSync(assets).filter(
      (name) => name.endsWith('.js') && readFileSync(join(assets, name), 'utf8').includes('u-over'),
    )
    expect(holds).toEqual([expect.stringMatching(/^sre-page-/)])
  })
})

/** Whether anything is drawn on a panel's canvas. */
function isInked(page: Page, panel: string): Promise<boolean> {
  const canvas = `document.querySelector('[data-panel="${panel}"] canvas')`
  return page.evaluate(`((canvas) => canvas.getContext('2d')
    .getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0))(${canvas})`)
}
