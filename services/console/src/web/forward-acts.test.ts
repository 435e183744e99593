import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { batchRoutes, partsOf } from '@prooftrail/contracts/doors'
import express, { type Express } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { forwardActs } from './forward-acts.ts'

async function listening(app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** An owner that answers what it heard, and the console's doors before it. */
async function given({ isAway = false, open = false } = {}) {
  const owner = express()
  owner.use(express.text({ type: () => true, limit: '10mb' }))
  owner.use((req, res) => {
    const { authorization, cookie } = req.headers
    res.status(202).json({ at: req.originalUrl, said: req.body, authorization, cookie })
  })
  const url = isAway ? 'http://127.0.0.1:9' : await listening(owner)
  const app = express()
  const owners = { attestationUrl: url, dispatchUrl: url, intakeUrl: url, receiptUrl: url }
  forwardActs(app, { open }, owners)
  app.use((_req, res) => void res.status(307).json({}))
  const base = await listening(app)
  const ask = async (path: string, body: string, headers: Record<string, string> = BY_PAGE) => {
    const answer = await fetch(`${base}${path}`, {
      ...{ method: 'POST', body, headers, redirect: 'manual' },
    })
    return { status: answer.status, body: Object(await answer.json()) }
  }
  return Object.assign(ask, { base })
}

/** Announces a body and sends none of it: whoever waits for it does not answer. */
async function withholding(url: string, headers: Record<string, string>) {
  const asked = request(url, { method: 'POST', headers: { ...headers, 'content-length': '1000' } })
  onTestFinished(() => void asked.destroy())
  asked.flushHeaders()
  // the first argument of a response is what came
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: Object(await json(answer)) }
}

const BY_PAGE = {
  'sec-fetch-site': 'same-origin',
  authorization: 'Bearer what-the-session-is-worth',
  cookie: 'prooftrail-session=secret',
  'content-type': 'application/json',
}

describe('what the page asks to be done', () => {
  const posts = Object.keys(batchRoutes).filter((key) => key.startsWith('POST'))
  test.each([...posts, 'POST /v1/tasks/:id/acts'])(
    'goes to its owner, byte for byte and with what the session is worth: %s',
    async (key) => {
      const ask = await given()
      const path = `${partsOf(key).path.replace(':id', 'one')}?dry_run=1`
      const { status, body } = await ask(path, '{"reason": "why"}')
      expect(status).toBe(202)
      expect(body).toEqual({
        at: path,
        said: '{"reason": "why"}',
        authorization: BY_PAGE.authorization,
      })
    },
  )

  test('is larger than its door takes: nobody else is asked', async () => {
    const ask = await given()
    const { maxBytes } = batchRoutes['POST /v1/batches/:id/run'].body
    const { status, body } = await ask('/v1/batches/one/run', ' '.repeat(maxBytes + 1))
    expect([status, body.code]).toEqual([413, 'PT-9038'])
  })

  test('shows nothing: it is refused before its body is read', async () => {
    const { base } = await given()
    const url = `${base}/v1/batches`
    const { status, body } = await withholding(url, { 'sec-fetch-site': 'same-origin' })
    expect([status, body.code]).toEqual([401, 'PT-8001'])
  })

  test('is an agent’s, or comes to open doors: its owner judges it', async () => {
    const path = '/v1/tasks/one/acts'
    const site = { 'sec-fetch-site': 'same-origin' }
    const bySigner = { ...site, signature: 'sig=:AA==:', 'signature-input': 'sig=()' }
    expect((await (await given())(path, '{}', bySigner)).status).toBe(202)
    expect((await (await given({ open: true }))(path, '{}', site)).status).toBe(202)
  })

  test('is answered when its owner is away', async () => {
    const ask = await given({ isAway: true })
    const { status, body } = await ask('/v1/batches/one/run', '{}')
    expect([status, body.code]).toEqual([503, 'PT-7003'])
  })

  test('of a program goes the usual way', async () => {
    const ask = await given()
    expect((await ask('/v1/batches/one/run', '{}', {})).status).toBe(307)
  })
})
