/** The operator's day in a real browser: real servers, real runs, the page as it is served. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../repo/files.ts'
import { example } from '../toolkit/agent.ts'
import type { RegisteredAgent, TestWorld } from '../world.ts'
import { CHROMIUM, inaccessible } from './chromium.ts'
import { type ConsolePages, openConsolePages } from './console-pages.ts'
import { LOOKS, readable, settled } from './page-checks.ts'
import { shoot } from './shoot.ts'

const BUILT = join(ROOT, 'services/console/web/dist')

describe.skipIf(CHROMIUM === undefined)('the console in a browser', { timeout: 180_000 }, () => {
  let pages: ConsolePages
  let world: TestWorld
  let base = ''
  let agent: RegisteredAgent
  const open: ConsolePages['open'] = (path, look) => pages.open(path, look)
  const partialRun = () => pages.partialRun()

  beforeAll(async () => {
    pages = await openConsolePages('page')
    ;({ world, base, agent } = pages)
  })
  afterAll(() => pages?.stop())

  test('given a partial run, when its page is opened, then its proof is verified in this browser, check by check', async () => {
    const id = await partialRun()
    const { page, faults, context } = await open(`/runs/${id}`)
    await page.getByText('Verified here').waitFor()
    await page.getByText('something is open that somebody may mend').waitFor()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'run-summary')
    await page.getByRole('tab', { name: 'Proof' }).click()
    await page.getByRole('heading', { name: 'Verifies: partial' }).waitFor()
    await expect.poll(() => page.locator('ol.checks > li.passed').count()).toBe(8)
    const links = page.locator('ol.chain > li.holds')
    await expect.poll(() => links.count()).toBe(8)
    await links.first().locator('summary').first().press('Enter')
    await expect.poll(() => links.first().innerText()).toContain(id)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'run-proof')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a copy of which one letter was changed, when it is dropped on the page, then the link that broke says why', async () => {
    const id = await partialRun()
    const { page, faults, context } = await open(`/runs/${id}?tab=proof`)
    await page.getByText('Verified here').waitFor()
    const bundle = Object((await world.get('attestation', `/v1/trails/${id}`)).body)
    const [first] = bundle.links
    const payload = Buffer.from(first.envelope.payload, 'base64').toString()
    const changed = payload.replace('"agent_id":"', '"agent_id":"x')
    first.envelope.payload = Buffer.from(changed).toString('base64')
    await page.locator('.drop input[type=file]').setInputFiles({
      name: 'copy.trail.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(bundle)),
    })
    const copy = page.locator('.copy-of')
    await copy.getByRole('heading', { name: /does not verify/ }).waitFor()
    await expect
      .poll(() => copy.locator('ol.chain > li.broken').first().innerText())
      .toContain('LINK_DIGEST')
    await expect.poll(() => page.locator('.run-head').innerText()).toContain('Verified here')
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'run-tampered')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a list of runs, when a line is opened by keyboard, then it is that run; any of its ids finds it', async () => {
    const id = await partialRun()
    const { page, faults, context } = await open(`/runs?agent=${agent.id}`)
    const row = page.locator('tbody tr').first()
    await row.getByText('tokenops').click()
    await page.waitForURL('**/runs/wo_*')
    await page.goBack()
    await row.waitFor()
    await page.keyboard.press('j')
    await expect.poll(() => page.evaluate('document.activeElement?.dataset.row')).toBe('0')
    await shoot(page, 'runs')
    await page.keyboard.press('/')
    await page.keyboard.type(id)
    await page.keyboard.press('Enter')
    await page.waitForURL(`**/runs/${id}`)
    await page.getByText('Verified here').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('given runs with open tickets, when a type is chosen, then those are listed, by an address that can be kept', async () => {
    const gap = await partialRun()
    const { page, faults, context } = await open(`/runs?agent=${agent.id}`)
    const rows = page.getByRole('table', { name: 'Runs' }).locator('tbody tr')
    await rows.first().waitFor()
    await page.getByLabel('ticket').selectOption('evidence_gap')
    await page.waitForURL('**ticket=evidence_gap**')
    // the line says what to add
    const line = rows.filter({ has: page.locator(`a[href="/runs/${gap}"]`) })
    await line.getByText('open: payment request artifact').waitFor()
    await page.getByLabel('ticket').selectOption('callback_failure')
    await page.getByText('No run is like that.').waitFor()

    await page.goto(`${base}/runs?agent=${agent.id}&ticket=evidence_gap`)
    await page.getByRole('button', { name: 'Keep this view' }).click()
    const sheet = page.getByRole('dialog')
    await sheet.getByLabel('Name').fill('Gaps')
    await sheet.getByRole('button', { name: 'Keep it' }).click()
    await page.goto(`${base}/runs`)
    await page.getByRole('link', { name: 'Gaps' }).click()
    await page.waitForURL('**ticket=evidence_gap**')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a gap, when evidence is added and the run replayed on its page, then it is sealed anew and verified here', async () => {
    const [id, other] = [await partialRun(), await partialRun()]
    const { payment_request_artifact } = Object(example('tokenops-complete').evidence)
    const { page, faults, context } = await open(`/runs/${id}`)
    await page.locator('.evidence > li.gap').getByRole('button', { name: 'Add evidence' }).click()
    const sheet = page.getByRole('dialog')
    const item = sheet.getByLabel('The item that is sent')
    await item.fill('{"reference":"another"}')
    await sheet.getByLabel('Reason').fill('the invoice arrived')
    const preview = sheet.getByRole('button', { name: 'See what it would do' })
    await preview.click()
    await sheet.getByText('It would be accepted.').waitFor()
    // the file that the command line takes; what was tried before is not what is asked any more
    await sheet.locator('input[type=file]').setInputFiles({
      ...{ name: 'added-evidence.json', mimeType: 'application/json' },
      buffer: Buffer.from(JSON.stringify({ payment_request_artifact })),
    })
    await preview.waitFor()
    expect(JSON.parse(await item.inputValue())).toEqual(payment_request_artifact)
    await preview.click()
    await sheet.getByText('It would be accepted. It costs nothing.').waitFor()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'act-tried')
    await sheet.getByRole('button', { name: 'Add evidence now' }).click()
    await sheet.getByRole('button', { name: 'Go on to the replay' }).waitFor()
    await sheet.getByRole('button', { name: 'Close' }).last().click()
    await page.getByText('1 item added since, not seen by the tool yet').waitFor()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'run-evidence-added')
    await page.getByRole('button', { name: 'Replay with what was added' }).click()
    await sheet.getByLabel('Reason').fill('evidence was added')
    await sheet.getByRole('button', { name: 'See what it would do' }).click()
    await sheet.getByRole('button', { name: 'Replay from checkpoint now' }).click()
    await sheet.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('tab', { name: 'Revisions' }).click()
    await page.getByText('Revision 3', { exact: true }).waitFor({ timeout: 60_000 })
    await page.getByText('Verified here').waitFor()
    await expect.poll(() => page.locator('.difference > li').count()).toBeGreaterThan(0)
    await shoot(page, 'run-replayed')
    // and beside another run, which has the gap still
    const beside = page.getByRole('region', { name: 'Beside another run' })
    await beside.getByLabel('Work order or handle of the other run').fill(other)
    await beside.getByRole('button', { name: 'Compare' }).click()
    await expect
      .poll(() => beside.locator('.difference').innerText())
      .toMatch(/result_status[\s\S]*partial[\s\S]*ready/)
    expect(faults).toEqual([])
    await context.close()
  })

  test.each(LOOKS)('every page can be read and overflows nothing: %s', async (name, options) => {
    const id = await partialRun()
    const { page, faults, context } = await open('/', options)
    const tabs = ['summary', 'timeline', 'proof', 'delivery', 'revisions', 'report']
    const paths = ['/', '/runs', '/verify', ...tabs.map((tab) => `/runs/${id}?tab=${tab}`)]
    for (const path of paths) {
      await page.goto(`${base}${path}`)
      await settled(page)
      await readable(page, path, `${name}${path.replace(id, 'run').replaceAll(/[/?=]+/g, '-')}`)
    }
    expect(faults).toEqual([])
    await context.close()
  })

  test('the first load is small: every file that the overview takes, compressed', async () => {
    const { page, faults, context } = await open('/')
    await settled(page)
    const loaded = await page.evaluate(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)`,
    )
    const files = [...new Set(loaded as string[])].filter((path) => path.startsWith('/assets/'))
    expect(files.length).toBeGreaterThan(2)
    const bytes = ['index.html', ...files].map(
      (path) => gzipSync(readFileSync(join(BUILT, path))).length,
    )
    const sum = bytes.reduce((total, one) => total + one, 0)
    expect(sum).toBeLessThan(200_000)
    expect(readdirSync(join(BUILT, 'assets')).length).toBeGreaterThan(files.length)
    expect(faults).toEqual([])
    await context.close()
  })
})
