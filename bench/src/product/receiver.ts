import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A callback receiver on this machine that takes everything. */
export interface Receiver {
  port: number
  url: string
  /** Requests that were answered. */
  count(): number
  stop(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  let count = 0
  const server = createServer((req, res) => {
    req.resume()
    req.once('end', () => {
      count += 1
      res.writeHead(200, { 'content-type': 'application/json' })
      res.end('{"receiver_state":"accepted"}')
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  // listen() on a host and port always yields an AddressInfo.
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/callbacks`,
    count: () => count,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
