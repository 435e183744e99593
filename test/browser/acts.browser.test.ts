/** Acts on many runs, kept views and the trail of acts in a real browser, on real servers. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RegisteredAgent, TestWorld } from '../world.ts'
import { CHROMIUM, inaccessible } from './chromium.ts'
import { type ConsolePages, openConsolePages } from './console-pages.ts'
import { LOOKS, readable, settled } from './page-checks.ts'
import { shoot } from './shoot.ts'

const RUNS = 500
const CLOSED = 8
/** How long a page may take to show what is so. */
const SOON = { timeout: 90_000 }
/** Acts that a page of the trail of acts holds. */
const PAGE = 100

describe.skipIf(CHROMIUM === undefined)('acts in a browser', { timeout: 600_000 }, () => {
  let served: ConsolePages
  let world: TestWorld
  let agent: RegisteredAgent
  /** The batch that the first test makes; the others look at it. */
  let batchId = ''

  beforeAll(async () => {
    served = await openConsolePages('bulk')
    ;({ world, agent } = served)
    await sealedRuns(world, agent)
  }, 900_000)
  afterAll(() => served?.stop())

  const open: ConsolePages['open'] = async (path, look) => {
    const opened = await served.open(path, look)
    opened.page.setDefaultTimeout(SOON.timeout)
    return opened
  }

  test('given 500 runs of a filter, when one act is asked of all, then it is tried first, halts and goes on, and every answer counts', async () => {
    const { page, faults, context } = await open(`/runs?agent=${agent.id}`)
    await page.getByRole('button', { name: 'Act on all that match' }).click()
    const sheet = page.getByRole('dialog')
    await sheet.getByRole('heading', { name: `Act on ${RUNS} runs` }).waitFor()
    await sheet.getByRole('combobox', { name: 'Act', exact: true }).selectOption('close')
    await sheet.getByLabel('At most').selectOption('20')
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'bulk-form')
    const freeze = sheet.getByRole('button', { name: 'Freeze them and see what it would do' })
    // without a reason nothing is frozen
    await freeze.click()
    await expect.poll(() => page.evaluate('document.activeElement?.tagName'), SOON).toBe('TEXTAREA')
    await sheet.getByLabel('Reason').fill('the pilot is over')
    await freeze.click()
    const would = `${RUNS - CLOSED} acts would be accepted, ${CLOSED} refused.`
    await sheet.getByText(would).waitFor()
    await expect.poll(() => sheet.locator('.refusals li').count(), SOON).toBe(CLOSED)
    expect(await sheet.locator('.refusals li').first().innerText()).toMatch(/PT-20\d\d/)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'bulk-tried')

    await sheet.getByRole('button', { name: 'Run it now' }).click()
    await sheet.getByText('running', { exact: true }).waitFor()
    await sheet.locator('.legend .accepted').waitFor()
    await sheet.getByRole('button', { name: 'Pause', exact: true }).click()
    await sheet.getByLabel('Reason, if there is one').fill('a look at the first ones')
    await sheet.getByRole('button', { name: 'Pause now' }).click()
    await sheet.getByText('paused', { exact: true }).waitFor()
    await sheet.getByRole('link', { name: 'Open the batch' }).click()
    await page.waitForURL('**/batches/bt_*')
    batchId = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    const halted = await underWayOver(world, batchId)
    expect(halted.waiting).toBeGreaterThan(0)
    await expect
      .poll(() => page.locator('main').innerText(), SOON)
      .toContain('a look at the first ones')
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'batch-paused')
    // what is paused asks for nothing
    expect((await countsOf(world, batchId)).waiting).toBe(halted.waiting)

    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await page.getByRole('button', { name: 'Resume now' }).click()
    await page.getByText(`${RUNS} of ${RUNS} runs answered`).waitFor({ timeout: 120_000 })
    await page.getByText('done', { exact: true }).first().waitFor()
    expect(await countsOf(world, batchId)).toMatchObject({
      ...{ accepted: RUNS - CLOSED, refused: CLOSED },
      ...{ waiting: 0, asked: 0, unanswered: 0, not_asked: 0 },
    })
    await page.getByRole('link', { name: `refused ${CLOSED}` }).click()
    await page.waitForURL('**status=refused')
    const refused = page.getByRole('table', { name: 'Runs of the batch' }).locator('tbody tr')
    await expect.poll(() => refused.count(), SOON).toBe(CLOSED)
    expect(await refused.first().innerText()).toMatch(/PT-20\d\d/)
    await shoot(page, 'batch-done')
    await refused.first().getByRole('link', { name: 'see what it takes now' }).click()
    await page.waitForURL('**/runs/wo_*')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a batch that was stopped for good, then it takes nothing more, and what it had not asked says so', async () => {
    const { page, faults, context } = await open(`/runs?agent=${agent.id}&state=closed`)
    await page.getByRole('button', { name: 'Act on all that match' }).click()
    const sheet = page.getByRole('dialog')
    await sheet.getByRole('combobox', { name: 'Act', exact: true }).selectOption('close')
    await sheet.getByLabel('At most').selectOption('1')
    await sheet.getByLabel('Reason').fill('asked twice by mistake')
    await sheet.getByRole('button', { name: 'Freeze them and see what it would do' }).click()
    await sheet.getByRole('button', { name: 'Run it now' }).click()
    await sheet.getByRole('link', { name: 'Open the batch' }).click()
    await page.waitForURL('**/batches/bt_*')
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await page.getByRole('button', { name: 'Stop for good' }).click()
    const now = page.getByRole('button', { name: 'Stop for good now' })
    // without a reason nothing is stopped
    await now.click()
    await expect.poll(() => page.evaluate('document.activeElement?.tagName'), SOON).toBe('INPUT')
    await page.getByLabel('Reason').fill('it was the wrong list')
    await now.click()
    await page.getByText('It is stopped: it takes nothing more.').waitFor()
    expect(await page.locator('.batch-controls button:not([disabled])').count()).toBe(0)
    await expect
      .poll(() => page.locator('main').innerText(), SOON)
      .toContain('it was the wrong list')
    const { not_asked } = await underWayOver(world, id)
    expect(not_asked).toBeGreaterThan(0)
    await page.getByRole('link', { name: `not asked ${not_asked}` }).click()
    await page.waitForURL('**status=not_asked')
    const left = page.getByRole('table', { name: 'Runs of the batch' }).locator('tbody tr').first()
    await left.waitFor()
    expect(await left.innerText()).toMatch(/not asked[\s\S]*act on it in another batch/)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'batch-stopped')
    // nor is it resumed by whoever asks the door behind the page
    const door = `${world.url('dispatch')}/v1/batches/${id}/resume`
    const resumed = await fetch(door, { method: 'POST', body: '{}' })
    expect([resumed.status, Object(await resumed.json()).code]).toEqual([409, 'PT-2065'])
    expect(await countsOf(world, id)).toMatchObject({ waiting: 0, not_asked })
    expect(faults).toEqual([])
    await context.close()
  })

  test('given runs that are marked by keyboard, then as many are chosen as are marked', async () => {
    const { page, faults, context } = await open(`/runs?agent=${agent.id}`)
    await page.locator('tbody tr').first().waitFor()
    for (const key of ['j', 'x', 'j', 'j', 'x']) {
      const row = await rowInFocus(page)
      await page.keyboard.press(key)
      if (key === 'j') await expect.poll(() => rowInFocus(page), SOON).not.toBe(row)
    }
    await page.getByText('2 runs marked').waitFor()
    await shoot(page, 'runs-marked')
    await page.getByRole('button', { name: 'Act on them' }).click()
    await page.getByRole('heading', { name: 'Act on 2 runs' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  test('given acts of a batch and single ones, then the trail tells each with who, what, why and the answer', async () => {
    const { page, faults, context } = await open('/')
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    await page.waitForURL('**/acts')
    await page.getByRole('link', { name: 'Refused', exact: true }).click()
    await page.waitForURL('**answer=refused')
    const rows = page.getByRole('table', { name: 'Acts' }).locator('tbody tr')
    await rows.first().waitFor()
    expect(await rows.first().innerText()).toMatch(/operator[\s\S]*Close[\s\S]*refused[\s\S]*PT-20/)
    await shoot(page, 'acts-refused')

    await page.goto(`${served.base}/acts?batch=${batchId}`)
    await page.getByText(`${PAGE} shown, more below`).waitFor()
    await expect.poll(() => rows.first().innerText(), SOON).toContain('Batch done')
    expect(faults).toEqual([])
    await context.close()
  })

  test('given a list as somebody wants it, when it is kept, then it is there on the next day, until it is taken away', async () => {
    const list = `/runs?agent=${agent.id}&sort=accepted&columns=%5B%22agent%22%2C%22credits%22%5D`
    const { page, faults, context } = await open(list)
    await page.getByRole('button', { name: 'Keep this view' }).click()
    const sheet = page.getByRole('dialog')
    await sheet.getByLabel('Name').fill('Oldest of the pilot')
    await sheet.getByLabel('for everybody').check()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'view-kept')
    await sheet.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('link', { name: 'Oldest of the pilot' }).waitFor()
    await context.close()

    const next = await open('/runs')
    await next.page.getByRole('link', { name: 'Oldest of the pilot shared' }).click()
    await next.page.waitForURL('**sort=accepted**')
    expect(next.page.url()).toContain(`agent=${agent.id}`)
    await expect
      .poll(() => next.page.locator('thead th').allInnerTexts(), SOON)
      .toContain('Credits')
    await next.page.getByRole('button', { name: 'Keep this view' }).click()
    await next.page.getByRole('button', { name: 'Take away Oldest of the pilot' }).click()
    await next.page.getByText('No view is kept yet.').waitFor()
    expect([...faults, ...next.faults]).toEqual([])
    await next.context.close()
  })

  test.each(LOOKS)(
    'every page of acts can be read and overflows nothing: %s',
    async (look, options) => {
      const { page, faults, context } = await open('/', options)
      const pages = [
        ['batches', '/batches'],
        ['batch', `/batches/${batchId}`],
        ['batch-refused', `/batches/${batchId}?status=refused`],
        ['acts', '/acts'],
        ['acts-on-batches', '/acts?on=batch'],
      ] as const
      for (const [name, path] of pages) {
        await page.goto(`${served.base}${path}`)
        await settled(page)
        await readable(page, path, `${look}-${name}`)
      }
      await page.goto(`${served.base}/acts?by=nobody`)
      await settled(page)
      await page.getByText('No act is like that.').waitFor()
      expect(faults).toEqual([])
      await context.close()
    },
  )
})

/** Runs that are sealed and closed by nobody, but the first few, which were closed before. */
async function sealedRuns(world: TestWorld, agent: RegisteredAgent): Promise<void> {
  const orders = Array.from({ length: RUNS }, () => agent.order())
  for (const order of orders) await world.publish(order)
  const ids = orders.map(({ object }) => object.work_order_id)
  const at = `/v1/runs/ids?agent=${agent.id}&state=attested`
  const isSealed = async () => (await world.get('console', at)).body.total === RUNS || undefined
  await world.until('all runs are sealed', isSealed, 800_000)
  for (const id of ids.slice(0, CLOSED)) {
    const act = { recovery_action: 'close', reason: 'closed before', idempotency_key: 'before' }
    const answer = await fetch(`${world.url('dispatch')}/v1/tasks/${id}/acts`, {
      method: 'POST',
      body: JSON.stringify({ ...act, work_order_id: id }),
    })
    expect([id, Object(await answer.json()).act?.status]).toEqual([id, 'accepted'])
  }
  await world.settle()
}

type Counts = Record<'accepted' | 'refused' | 'asked' | 'waiting' | 'not_asked', number>

async function countsOf(world: TestWorld, id: string): Promise<Counts> {
  const { body } = await world.get('console', `/v1/batches/${id}`)
  return Object(body).counts
}

/** The counts of a batch that was halted, once what it had asked for is answered. */
function underWayOver(world: TestWorld, id: string): Promise<Counts> {
  return world.until('nothing is under way', async () => {
    const counts = await countsOf(world, id)
    return counts.asked === 0 ? counts : undefined
  })
}

function rowInFocus(page: Page): Promise<unknown> {
  return page.evaluate('document.activeElement?.dataset.row ?? null')
}
