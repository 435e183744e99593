import { createServer } from 'node:net'

/** A port of 127.0.0.1 that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      // listen() on a host and port always yields an AddressInfo
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
