/** Who may do what, in a real browser: roles of an issuer, a session that ends, other sites, one handle. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHROMIUM, inaccessible, type Watched, watched } from './chromium.ts'
import {
  type ClosedPages,
  HANDLE,
  OPERATOR_TOKEN,
  OTHER_RUN,
  openClosedPages,
  RUN,
} from './closed-pages.ts'
import { shoot } from './shoot.ts'

/** What a browser says itself of an answer that is a refusal. */
const REFUSED = /console: Failed to load resource: .* (401|403)/
const faultsOf = (faults: readonly string[]) => faults.filter((one) => !REFUSED.test(one))

describe.skipIf(CHROMIUM === undefined)('whoever signs in', { timeout: 120_000 }, () => {
  let pages: ClosedPages
  let there: ClosedPages['there']

  beforeAll(async () => {
    pages = await openClosedPages()
    there = pages.there
  })
  afterAll(() => pages?.stop())
  const open: ClosedPages['open'] = (path) => pages.open(path)

  /** Signs in at the issuer, as somebody whose name is their role there. */
  async function signIn({ page, faults }: Watched, role: string): Promise<void> {
    await page.getByRole('link', { name: 'Sign in with your organisation' }).click()
    await page.locator('input[name=login]').fill(role)
    await page.locator('input[name=password]').fill('x')
    await page.locator('button[type=submit]').click()
    await page.waitForURL(/interaction|127\.0\.0\.1/)
    // the issuer asks once whether the console may know who it is
    const agree = page.locator('form[action*=interaction] button[type=submit]')
    if (page.url().startsWith(there.issuer)) await agree.click()
    await page.waitForURL(`${there.url}/**`)
    // what the issuer's pages do is not ours
    faults.length = 0
  }

  test('as a viewer sees every act, disabled, with why; nothing else than reading is answered', async () => {
    const opened = await open(`/runs/${RUN}`)
    const { page, faults, context } = opened
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'sign-in')
    await signIn(opened, 'viewer')
    await page.waitForURL(`**/runs/${RUN}`)
    await expect.poll(() => page.locator('.account').innerText()).toContain('viewer')
    const acts = page.locator('ul.acts > li')
    await acts.first().waitFor()
    expect(await acts.locator('button:not([disabled])').count()).toBe(0)
    const reasons = await acts.locator('p').allInnerTexts()
    expect(reasons.every((one) => one.includes('acts want the role operator'))).toBe(true)
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'viewer-run')
    await page.goto(`${there.url}/parked/${there.parkedId}`)
    const decisions = page.locator('ul.acts > li')
    await decisions.first().waitFor()
    expect(await decisions.locator('button:not([disabled])').count()).toBe(0)
    // whoever asks the doors behind the page is refused there too
    const status = await page.evaluate(
      `fetch('/v1/parked/${there.parkedId}/discard', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"reason":"x"}' }).then(({ status }) => status)`,
    )
    expect(status).toBe(403)
    expect(faultsOf(faults)).toEqual([])
    await context.close()
  })

  test.each(['operator', 'admin'])('as %s may act, under their own name', async (role) => {
    const opened = await open(`/runs/${RUN}`)
    const { page, faults, context } = opened
    await signIn(opened, role)
    await expect.poll(() => page.locator('.account').innerText()).toContain(role)
    const before = there.acts.length
    await page.getByRole('button', { name: 'Replay from checkpoint' }).click()
    const sheet = page.getByRole('dialog')
    await sheet.getByLabel('Reason').fill('the diagrams arrived')
    await sheet.getByRole('button', { name: 'See what it would do' }).click()
    await sheet.getByRole('button', { name: 'Replay from checkpoint now' }).click()
    await sheet.getByRole('button', { name: 'Close' }).last().click()
    expect(there.acts.slice(before)).toMatchObject([
      { recovery_action: 'replay_from_checkpoint', reason: 'the diagrams arrived' },
    ])
    const [, token = ''] = String(there.acts.at(-1)?.by).split(' ')
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ sub: role })
    expect(faultsOf(faults)).toEqual([])
    await context.close()
  })

  test('without a role is told so, and sees nothing', async () => {
    const opened = await open('/runs')
    const { page, context } = opened
    await signIn(opened, 'accountant')
    await expect.poll(() => page.locator('body').innerText()).toContain('PT-7021')
    await page.goto(`${there.url}/runs`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await context.close()
  })

  test('and whose session ends while a form is open: the form is kept, and is sent after signing in again', async () => {
    const { page, faults, context } = await open(`/runs/${RUN}`)
    await page.getByLabel('Operator token').fill(OPERATOR_TOKEN)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('button', { name: 'Replay from checkpoint' }).click()
    const form = page.getByRole('dialog', { name: 'Replay from checkpoint' })
    await form.getByLabel('Reason').fill('written before the session ended')
    const before = there.acts.length
    await context.clearCookies()
    await form.getByRole('button', { name: 'See what it would do' }).click()
    const ended = page.getByRole('dialog', { name: 'Your session has ended' })
    await ended.waitFor()
    expect(await inaccessible(page)).toEqual([])
    await shoot(page, 'session-ended')
    await ended.getByLabel('Operator token').fill(OPERATOR_TOKEN)
    await ended.getByRole('button', { name: 'Sign in', exact: true }).click()
    await ended.waitFor({ state: 'detached' })
    expect(await form.getByLabel('Reason').inputValue()).toBe('written before the session ended')
    await form.getByRole('button', { name: 'See what it would do' }).click()
    await form.getByRole('button', { name: 'Replay from checkpoint now' }).click()
    await form.getByRole('button', { name: 'Close' }).last().waitFor()
    expect(there.acts.slice(before)).toMatchObject([{ reason: 'written before the session ended' }])
    expect(faultsOf(faults)).toEqual([])
    await context.close()
  })

  test('and visits another site of this machine meanwhile: what that site posts is refused', async () => {
    const { page, context } = await open('/')
    await page.getByLabel('Operator token').fill(OPERATOR_TOKEN)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    const before = there.acts.length
    const evil = createServer((_req, res) => {
      res.setHeader('content-type', 'text/html')
      res.end('<title>another site</title>')
    })
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
    // a server that listens on a port has an address with one
    const { port } = evil.address() as AddressInfo
    const answers: number[] = []
    page.on('response', (answer) => {
      if (answer.url().startsWith(there.url)) answers.push(answer.status())
    })
    await page.goto(`http://127.0.0.1:${port}/`)
    const body = JSON.stringify({ recovery_action: 'close', idempotency_key: 'evil', reason: 'x' })
    await page.evaluate(
      `fetch('${there.url}/v1/tasks/${RUN}/acts', { method: 'POST', mode: 'no-cors', credentials: 'include', body: ${JSON.stringify(body)} })`,
    )
    await expect.poll(() => answers.at(-1)).toBe(403)
    expect(there.acts.length).toBe(before)
    await new Promise((resolve) => evil.close(resolve))
    await context.close()
  })
})

describe.skipIf(CHROMIUM === undefined)('whoever holds a handle', { timeout: 120_000 }, () => {
  let pages: ClosedPages
  let there: ClosedPages['there']

  beforeAll(async () => {
    pages = await openClosedPages()
    there = pages.there
  })
  afterAll(() => pages?.stop())

  test('sees the one run that it opens, no way to another, and is answered about nothing else', async () => {
    const asked: string[] = []
    const { page, faults, context } = await watched(pages.browser, {}, (url) => {
      const path = url.slice(there.url.length)
      if (path.startsWith('/v1/')) asked.push(path)
      return url.startsWith(`${there.url}/`) || /^(data|blob):/.test(url)
    })
    await page.goto(`${there.url}/task#${HANDLE}`)
    await expect.poll(() => page.locator('.run-head').innerText()).toContain('wo_')
    for (const name of ['Timeline', 'Proof', 'Delivery', 'Revisions', 'Report', 'Summary']) {
      await page.getByRole('tab', { name }).click()
      await page.getByRole('tabpanel').waitFor()
      expect(await inaccessible(page)).toEqual([])
    }
    await shoot(page, 'agent-view')
    // nothing of it leads away, and nothing acts
    const links: string[] = await page.evaluate(
      `[...document.querySelectorAll('a[href]')].map(({ href }) => new URL(href).pathname)`,
    )
    expect([...new Set(links)].filter((path) => path !== '/task')).toEqual([])
    expect(await page.locator('nav, ul.acts, #search').count()).toBe(0)
    // it asks with its handle, about its run and what is public
    const allowed = [`/v1/tasks/${HANDLE}`, `/v1/tasks/${RUN}`, `/v1/trails/${RUN}`, '/v1/tools/']
    const others = asked.filter((path) => !allowed.some((one) => path.startsWith(one)))
    expect(others).toEqual([])
    // and the doors answer nothing else to it
    const status = await page.evaluate(
      `Promise.all(${JSON.stringify([
        '/v1/runs',
        '/v1/queue',
        '/v1/stream',
        '/v1/parked',
        '/v1/executors/energyops',
        `/v1/tasks/${OTHER_RUN}`,
        `/v1/tasks/${OTHER_RUN}/report`,
        `/v1/tasks/${OTHER_RUN}/parked`,
      ])}.map((path) => fetch(path, { headers: { authorization: 'Bearer ${HANDLE}' } }).then(({ status }) => status)))`,
    )
    expect(status).toEqual(Array(8).fill(401))
    expect(faultsOf(faults)).toEqual([])
    // other pages ask who one is, and show nothing
    await page.goto(`${there.url}/runs/${OTHER_RUN}`)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await context.close()
  })
})
