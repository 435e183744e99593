import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a receiver of callbacks got it. */
export interface CallbackRequest {
  headers: Record<string, string>
  body: Buffer
  /** RFC 3339. */
  at: string
}

export interface Answer {
  status: number
  headers?: Record<string, string>
}

/** What a receiver answers to its n-th request (from 1); a promise delays the answer. */
export type Behaviour = (request: CallbackRequest, n: number) => Answer | Promise<Answer>

/** One address with a behaviour of its own and all that it received. */
export interface CallbackAddress {
  url: string
  received: CallbackRequest[]
}

/** A server of callbacks on this machine; every agent of a test takes addresses of its own. */
export interface Receiver {
  port: number
  address(behave?: Behaviour): CallbackAddress
  stop(): Promise<void>
}

const accept: Behaviour = () => ({ status: 200 })

export async function startReceiver(): Promise<Receiver> {
  const addresses = new Map<string, { behave: Behaviour; received: CallbackRequest[] }>()
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', async () => {
      const found = addresses.get(req.url ?? '')
      if (!found) {
        res.writeHead(404).end()
        return
      }
      const headers = Object.fromEntries(
        Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
      )
      const request = { headers, body: Buffer.concat(chunks), at: new Date().toISOString() }
      found.received.push(request)
      const answer = await found.behave(request, found.received.length)
      res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      res.end(JSON.stringify({ ok: answer.status < 300, receiver_state: 'accepted', stored: true }))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  // listen() on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  return {
    port,
    address(behave = accept) {
      const path = `/callbacks/${randomUUID()}`
      const received: CallbackRequest[] = []
      addresses.set(path, { behave, received })
      return { url: `http://127.0.0.1:${port}${path}`, received }
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
