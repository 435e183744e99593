import { closedLoop } from './load.ts'
import { PARTITIONS } from './compare.ts'
import type { Backend, Options } from './options.ts'
import { startProduct } from './product/product.ts'
import { startOwnStack } from './stacks.ts'
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
  const own = await startOwnStack(backend)
  try {
    const { processes, agents } = options
    const product = await startProduct(own.stack, {
      dir: own.dir,
      partitions: PARTITIONS,
      processes,
      agents,
    })
    try {
      const inFlight = options.inFlight.at(-1) ?? 64
      await closedLoop(product.feed, { inFlight, seconds: 60, orders: options.warmUp })
      const tenths: Tenth[] = []
      for (let n = 0; n < 10; n += 1) {
        tenths.push(await oneTenth(product, own.pids, Math.ceil(options.soak / 10), inFlight))
        const { per_second, cpu_ms, rss_mb } = tenths[n] ?? { per_second: 0, cpu_ms: 0, rss_mb: 0 }
        say(
          `soak ${n + 1}/10: ${per_second.toFixed(0)}/s, ${cpu_ms.toFixed(2)} ms, ${rss_mb.toFixed(0)} MB`,
        )
      }
      const faults = await product.verifySome(50)
      return { backend, orders: options.soak, in_flight: inFlight, tenths, faults }
    } finally {
      await product.stop()
    }
  } finally {
    await own.stop()
  }
}

async function oneTenth(
  product: Awaited<ReturnType<typeof startProduct>>,
  servers: readonly number[],
  orders: number,
  inFlight: number,
): Promise<Tenth> {
  const read = () => ({ work: usageOf(product.pids), servers: usageOf(servers) })
  let max = 0
  let before = read()
  let after = before
  const sampling = setInterval(() => {
    max = Math.max(max, usageOf(product.pids).rss)
  }, 2_000)
  const result = await closedLoop(
    product.feed,
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
