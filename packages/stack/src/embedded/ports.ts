import { connect, createServer } from 'node:net'

const HOST = '127.0.0.1'
const STEPS = 200

/** The ports of one embedded stack, all on the loopback address. */
export interface Ports {
  kafka: number
  controller: number
  registry: number
  mongodb: number
}

export const PART_PORTS = ['kafka', 'controller', 'registry', 'mongodb'] as const

/** What people expect these servers on. */
export const USUAL_PORTS: Ports = {
  kafka: 9092,
  controller: 19_093,
  registry: 8081,
  mongodb: 27_017,
}

/**
 * Ports for a stack that nobody looks for: below the range from which systems give ports to outgoing
 * connections, so that a restarted server finds its port still free.
 */
export function drawPorts(random: () => number): Ports {
  const draw = (from: number) => from + Math.floor(random() * 2_800)
  return {
    kafka: draw(15_000),
    controller: draw(18_000),
    registry: draw(21_000),
    mongodb: draw(24_000),
  }
}

/**
 * Picks a port for every part: the remembered one if it is free, else the first free one from the wanted one upwards.
 *
 * @returns the ports, and for each that was stepped over whose wish was not met: `{ part, wanted, got }`
 */
export async function choosePorts(
  wanted: Ports,
  remembered: Partial<Ports>,
  isFree: (port: number) => Promise<boolean>,
): Promise<{ ports: Ports; stepped: { part: keyof Ports; wanted: number; got: number }[] }> {
  const ports: Ports = { ...wanted }
  const stepped: { part: keyof Ports; wanted: number; got: number }[] = []
  const given = new Set<number>()
  for (const part of PART_PORTS) {
    const first = remembered[part] ?? wanted[part]
    const candidates = [first, ...Array.from({ length: STEPS }, (_, step) => wanted[part] + step)]
    const got = await firstFree(
      candidates,
      async (port) => !given.has(port) && (await isFree(port)),
    )
    if (got === undefined)
      throw new Error(`no free port from ${wanted[part]} to ${wanted[part] + STEPS}`)
    if (got !== first) stepped.push({ part, wanted: first, got })
    given.add(got)
    ports[part] = got
  }
  return { ports, stepped }
}

async function firstFree(candidates: number[], accept: (port: number) => Promise<boolean>) {
  for (const port of candidates) if (port < 65_536 && (await accept(port))) return port
  return undefined
}

/** Whether nobody listens on this port: neither can it be connected to, nor does binding it fail. */
export async function isPortFree(port: number): Promise<boolean> {
  return !(await acceptsConnections(port)) && (await canBind(port))
}

/** Whether somebody accepts TCP connections on this loopback port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, timeout: 1_000 })
    const answer = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => answer(true))
    socket.once('timeout', () => answer(false))
    socket.once('error', () => answer(false))
  })
}

function canBind(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
