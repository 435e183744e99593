import { createServer } from 'node:net'

/** The first free port of 127.0.0.1 at or after each wanted one, all different. */
export async function freePorts(wanted: readonly number[]): Promise<number[]> {
  const taken = new Set<number>()
  const ports: number[] = []
  for (const first of wanted) {
    let port = first
    while (taken.has(port) || !(await isFree(port))) port += 1
    taken.add(port)
    ports.push(port)
  }
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
