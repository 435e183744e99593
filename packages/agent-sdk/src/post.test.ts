import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readRequestSignature } from '@prooftrail/contracts'
import { canonicalize } from '@prooftrail/trail/encoding'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeAgentKeys } from './keys.ts'
import { makeWorkOrder, signWorkOrder } from './order.ts'
import { postOrder } from './post.ts'

const order = signWorkOrder(
  makeWorkOrder({
    ...{ agent_id: 'agent-1', idempotency_key: 'k-1', requested_tool: 'tokenops' },
    ...{ requested_capability: 'settlement_evidence_review', execution_mode: 'controlled_pilot' },
    ...{ evidence: {}, callback_policy: 'status_polling_only' },
  }),
  makeAgentKeys().privateJwk,
)
/** The form whose bytes the signature is over. */
const asSigned = canonicalize(order.toJSON())
const accepted = { work_order_id: order.object.work_order_id, status_url: 's', task_token: 't' }
const waits = { code: 'PT-1062', detail: 'send it again' }

interface Said {
  status: number
  retryAfter?: string
  body: unknown
}

/** A door that says these things, the last one for ever. */
async function aDoor(...said: Said[]) {
  const bodies: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((req, res) => {
    let body = ''
    req.on('data', (part) => {
      body += part
    })
    req.on('end', () => {
      const {
        status,
        retryAfter,
        body: answer,
      } = said[Math.min(bodies.length, said.length - 1)] ?? {
        status: 500,
        body: {},
      }
      bodies.push(body)
      headers.push(req.headers)
      res.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter })
      res.end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // listening on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  return { intake: `http://127.0.0.1:${port}`, bodies, headers }
}

describe('given an order for the HTTP door', () => {
  test('when too many wait, then the same bytes come again, no sooner than asked and at most half as much later', async () => {
    const { intake, bodies } = await aDoor(
      { status: 429, retryAfter: '1', body: waits },
      { status: 202, body: accepted },
    )
    const waited: number[] = []
    const from = performance.now()
    const answer = await postOrder(order, { intake, onWait: (seconds) => waited.push(seconds) })
    expect(answer).toEqual({ status: 202, accepted })
    expect(performance.now() - from).toBeGreaterThanOrEqual(999)
    expect(bodies).toEqual([asSigned, asSigned])
    expect(waited).toHaveLength(1)
    expect(waited[0]).toBeGreaterThanOrEqual(1)
    expect(waited[0]).toBeLessThanOrEqual(1.5)
  })

  test('when the agent gives its key, then each sending is signed anew', async () => {
    const { privateJwk } = makeAgentKeys()
    const { intake, headers } = await aDoor(
      { status: 503, body: {} },
      { status: 202, body: accepted },
    )
    expect(await postOrder(order, { intake, key: privateJwk })).toEqual({ status: 202, accepted })
    const request = { method: 'POST', path: '/v1/work-orders', body: asSigned }
    expect(headers).toHaveLength(2)
    for (const sent of headers) {
      const found = readRequestSignature(request, (name) => String(sent[name]), Date.now())
      if (found === undefined || found === 'malformed') throw new Error('no signature')
      expect(found.isOf(privateJwk)).toBe(true)
    }
  })

  test('when they would wait longer than the caller, then that is answered at once', async () => {
    const { intake, bodies } = await aDoor({ status: 429, retryAfter: '60', body: waits })
    const answer = await postOrder(order, { intake, timeoutMs: 30_000 })
    expect(answer).toEqual({ status: 429, problem: waits })
    expect(bodies).toHaveLength(1)
  })

  test('when it is refused, then it does not come again', async () => {
    const refused = { code: 'PT-1005', detail: 'not the signature' }
    const { intake, bodies } = await aDoor({ status: 403, body: refused })
    expect(await postOrder(order, { intake })).toEqual({ status: 403, problem: refused })
    expect(bodies).toHaveLength(1)
  })

  test('when the caller gives up meanwhile, then so does it', async () => {
    const { intake } = await aDoor({ status: 429, retryAfter: '60', body: waits })
    const giveUp = new AbortController()
    const onWait = () => giveUp.abort()
    await expect(postOrder(order, { intake, onWait, signal: giveUp.signal })).rejects.toThrow()
  })
})
