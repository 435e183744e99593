import { bestOf, type Comparison } from './compare.ts'
import { figure } from './stats.ts'
import { table } from './table.ts'

/** A line per tool: orders/s and latency from publish to seal; none where one tool has all orders. */
export function byTool({ product }: Comparison): string[] {
  const best = product && bestOf(product)
  if (!best?.tools) return []
  const low = product?.low.tools ?? {}
  const rows = Object.entries(best.tools).map(([tool, one]) => [
    tool,
    String(one.orders),
    figure(one.per_second),
    figure(one.p50_ms),
    figure(one.p99_ms),
    figure(low[tool]?.p50_ms),
    figure(low[tool]?.p99_ms),
  ])
  const head = ['', 'orders', 'orders/s', 'p50 ms', 'p99 ms', 'low p50', 'low p99']
  return ['', 'by tool, over the best closed loop and at low load:', table(head, rows)]
}

/**
 * Where the CPU time of an order goes, by process. Servers are always processes of their own; what
 * no name is known for is the services' one process, or else the one that started them.
 */
export function byProcess({ product, topology }: Comparison): string[] {
  const best = product && bestOf(product)
  const named = Object.entries(best?.cpu_ms_by_process ?? {})
  if (!best || named.length === 0) return []
  const whole = best.cpu_ms.work + best.cpu_ms.servers
  const rest = named.reduce((left, [, ms]) => left - ms, whole)
  const spent: [string, number][] = [
    ...named,
    [topology === 'one process per service' ? 'their parent' : 'all services', Math.max(0, rest)],
  ]
  const rows = spent
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, ms]) => [name, figure(ms), `${figure((100 * ms) / whole)} %`])
  return [
    '',
    'CPU ms an order by process, over the best closed loop (share of services and servers):',
    table(['', 'CPU ms', 'share'], [...rows, ['together', figure(whole), '']]),
  ]
}

/** Where the CPU time of an order goes within the processes of both sides. */
export function byThread({ product, floor }: Comparison): string[] {
  const rows = [['floor', floor] as const, ['product', product] as const].flatMap(
    ([name, side]) => {
      const best = side && bestOf(side)
      if (!best) return []
      const { main, helpers, others } = best.cpu_ms_by_thread
      return [[name, figure(main), figure(helpers), figure(others)]]
    },
  )
  const head = ['', 'main', "V8's helpers", 'pool and others']
  return ['', 'CPU ms an order by thread, over the best closed loop:', table(head, rows)]
}

/** Where the time of an order goes at the low load, by the broker's clock: a line for each message of its way. */
export function byHop({ product, floor }: Comparison): string[] {
  const hops = (product ?? floor)?.hops ?? []
  if (hops.length === 0) return []
  const rows = hops.map(({ node, said }) => {
    const [ours, base] = [product, floor].map(
      (side) => side?.hops.find((one) => one.said === said)?.ms,
    )
    const more = ours !== undefined && base !== undefined ? ours - base : undefined
    return [`${node}: ${said}`, figure(base), figure(ours), figure(more)]
  })
  const head = ['', 'floor ms', 'product ms', 'more']
  return [
    '',
    'from the message that is read to the one that is said, at low load:',
    table(head, rows),
  ]
}
