import { connect, createServer } from 'node:net'

const HOST = '127.0.0.1'
const STEPS = 200

/** The ports of one embedded stack, all on the loopback address. */
export interface Ports {
  kafka: number
  controller: number
  registry: number
  mongodb: number
  /** Those of a cluster's second and third broker. */
  kafka2?: number
  controller2?: number
  kafka3?: number
  controller3?: number
}

export type PortName = keyof Ports

/** What people expect these servers on. */
export const USUAL_PORTS = {
  kafka: 9092,
  controller: 19_093,
  registry: 8081,
  mongodb: 27_017,
} as const satisfies Ports

/** The same with three brokers. */
export const CLUSTER_PORTS = {
  ...USUAL_PORTS,
  kafka2: 9094,
  kafka3: 9096,
  controller2: 19_094,
  controller3: 19_095,
} as const satisfies Required<Ports>

/** One broker of a stack, and the ports that it listens on. */
export interface BrokerPorts {
  /** 1 for the first. */
  node: number
  kafka: number
  controller: number
}

/** The brokers of a stack: one, or three of a cluster. */
export function brokersOf(ports: Ports): BrokerPorts[] {
  const { kafka, controller, kafka2, controller2, kafka3, controller3 } = ports
  const brokers = [
    { node: 1, kafka, controller },
    { node: 2, kafka: kafka2, controller: controller2 },
    { node: 3, kafka: kafka3, controller: controller3 },
  ]
  return brokers.filter((one): one is BrokerPorts => one.kafka !== undefined)
}

/**
 * Ports for a stack that nobody looks for: below the range from which systems give ports to outgoing
 * connections, so that a restarted server finds its port still free.
 */
export function drawPorts(random: () => number, usual: Ports = USUAL_PORTS): Ports {
  const draw = (from: number) => from + Math.floor(random() * 2_800)
  const bases: Ports = { kafka: 15_000, controller: 18_000, registry: 21_000, mongodb: 24_000 }
  const drawn = Object.keys(usual).map((name) => {
    const like = name.replace(/\d$/, '')
    // every name of a port begins with that of its kind
    return [name, draw(bases[like as PortName] ?? 0)]
  })
  return Object.fromEntries(drawn)
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
): Promise<{ ports: Ports; stepped: { part: PortName; wanted: number; got: number }[] }> {
  const ports: Ports = { ...wanted }
  const stepped: { part: PortName; wanted: number; got: number }[] = []
  const given = new Set<number>()
  for (const [name, usual] of Object.entries(wanted)) {
    // the names of an object of ports are those of ports
    const part = name as PortName
    const first = remembered[part] ?? usual
    const candidates = [first, ...Array.from({ length: STEPS }, (_, step) => usual + step)]
    const got = await firstFree(
      candidates,
      async (port) => !given.has(port) && (await isFree(port)),
    )
    if (got === undefined) throw new Error(`no free port from ${usual} to ${usual + STEPS}`)
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
