import { PARTITIONS } from './compare.ts'
import { closedLoop } from './load.ts'
import type { Backend, Options } from './options.ts'
import { type RunningProduct, startProduct } from './product/product.ts'
import { usageOf } from './usage.ts'

/** One tenth of the soak. */
export interface Tenth {
  orders: number
  per_second: number
  cpu_ms: number
  servers_cpu_ms: number
  rss_mb: number
  rss_max_mb: number
  servers_rss_mb: number
}

export interface SoakResult {
  backend: Backend
  orders: number
  in_flight: number
  tenths: Tenth[]
  faults: string[]
}

const MB = 1024 * 1024

/** Orders in a row: does memory stay flat, and does an order cost the same at the end? */
export async function soak(
  backend: Backend,
  options: Options,
  say: (line: string) => void,
): Promise<SoakResult> {
  const { processes, groups, agents, mix } = options
  const product = await startProduct({
    backend,
    partitions: PARTITIONS,
    processes,
    groups,
    agents,
    mix,
  })
  try {
    const inFlight = options.inFlight.at(-1) ?? 64
    await closedLoop(product.feed, { inFlight, seconds: 60, orders: options.warmUp })
    const tenths: Tenth[] = []
    for (let n = 1; n <= 10; n += 1) {
      const tenth = await oneTenth(product, Math.ceil(options.soak / 10), inFlight)
      tenths.push(tenth)
      const { per_second, cpu_ms, rss_mb } = tenth
      say(
        `soak ${n}/10: ${per_second.toFixed(0)}/s, ${cpu_ms.toFixed(2)} ms, ${rss_mb.toFixed(0)} MB`,
      )
    }
    const faults = await product.verifySome(50)
    return { backend, orders: options.soak, in_flight: inFlight, tenths, faults }
  } finally {
    await product.stop()
  }
}

async function oneTenth(
  { feed, roles }: RunningProduct,
  orders: number,
  inFlight: number,
): Promise<Tenth> {
  const readWork = () => usageOf(roles.work, roles.servers)
  const read = () => ({ work: readWork(), servers: usageOf(roles.servers) })
  let max = 0
  let before = read()
  let after = before
  const sampling = setInterval(() => {
    max = Math.max(max, readWork().rss)
  }, 2_000)
  const result = await closedLoop(
    feed,
    { inFlight, seconds: 36_000, orders },
    {
      open() {
        before = read()
      },
      close() {
        after = read()
      },
    },
  )
  clearInterval(sampling)
  const per = (seconds: number) => (1000 * seconds) / result.orders
  return {
    orders: result.orders,
    per_second: result.per_second,
    cpu_ms: per(after.work.cpu - before.work.cpu),
    servers_cpu_ms: per(after.servers.cpu - before.servers.cpu),
    rss_mb: after.work.rss / MB,
    rss_max_mb: Math.max(max, after.work.rss) / MB,
    servers_rss_mb: after.servers.rss / MB,
  }
}
