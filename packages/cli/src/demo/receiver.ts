import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CheckedCallback, checkCallback } from '@prooftrail/agent-sdk'
import type { KeySet } from '@prooftrail/trail'

/** A callback as it came in, with what checking it alone says. */
export interface Received {
  method: string
  url: string
  headers: Record<string, string>
  body: Buffer
  checked: CheckedCallback
}

/** The demo agent's own receiver of callbacks, on this machine. */
export interface Receiver {
  url: string
  /** The last attempt received for each webhook id. */
  received: Map<string, Received>
  stop(): Promise<void>
}

export async function startReceiver(
  secret: () => string,
  keys: () => Promise<KeySet>,
): Promise<Receiver> {
  const received = new Map<string, Received>()
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', async () => {
      const body = Buffer.concat(chunks)
      const headers = Object.fromEntries(
        Object.entries(req.headers).map(([name, value]) => [name, String(value)]),
      )
      const checked = checkCallback({ headers, body }, secret(), await keys())
      const one = { method: req.method ?? '', url: req.url ?? '', headers, body, checked }
      received.set(headers['webhook-id'] ?? '', one)
      res.writeHead(checked.ok ? 200 : 400, { 'content-type': 'application/json' })
      res.end(JSON.stringify({ ok: checked.ok, receiver_state: 'accepted', stored: checked.ok }))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  // listen() on a host and port always yields an AddressInfo.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/callbacks`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
