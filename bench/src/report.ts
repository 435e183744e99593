import { bestOf, type Comparison } from './compare.ts'
import type { LogResult } from './log-bench.ts'
import type { Machine } from './machine.ts'
import type { Measured } from './measure.ts'
import { byHop, byProcess, byThread, byTool } from './report-parts.ts'
import type { RivalResult } from './rivals/rival.ts'
import type { SoakResult } from './soak.ts'
import { figure } from './stats.ts'
import { table } from './table.ts'
import type { VerifyResult } from './verify-bench.ts'

export function machineLine({ cores, cpu, memory_gb, system, node, load }: Machine): string {
  return `${cores} cores (${cpu}), ${memory_gb} GB, ${system}, Node ${node}, load ${load.join(' ')}`
}

const HEAD = [
  '',
  'in flight',
  'orders/s',
  'p50 ms',
  'p99 ms',
  'CPU ms',
  'servers',
  'driver',
  'RSS MB',
  'servers',
  'load1',
  'left',
]

function row(name: string, one: Measured): string[] {
  return [
    name,
    one.in_flight ? String(one.in_flight) : `${one.rate}/s`,
    figure(one.per_second),
    figure(one.p50_ms),
    figure(one.p99_ms),
    figure(one.cpu_ms.work),
    figure(one.cpu_ms.servers),
    figure(one.cpu_ms.driver),
    String(one.rss_mb.work),
    String(one.rss_mb.servers),
    `${figure(one.load1[0])}–${figure(one.load1[1])}`,
    String(one.unfinished),
  ]
}

/** Both sides, the ratios, and what an order cost in rounds, saves and messages. */
export function reportComparison(comparison: Comparison): string {
  const { floor, product, messages } = comparison
  const bytes = messages.reduce((sum, one) => sum + one.bytes, 0)
  const rows: string[][] = []
  for (const [name, side] of [
    ['floor', floor],
    ['product', product],
  ] as const) {
    for (const one of side?.closed ?? []) rows.push(row(name, one))
    if (side) rows.push(row(`${name}, low load`, side.low))
    if (side?.hot) rows.push(row(`${name}, one account`, side.hot))
  }
  return [
    '',
    `${comparison.topology}, ${comparison.mongodb}`,
    `  durability: ${comparison.durability}`,
    `  workload: ${comparison.workload}; ${messages.length} messages and ${bytes} bytes of values a TokenOps order; ` +
      'counted when the trail is sealed (first callback delivered)',
    '  CPU: user + system milliseconds per order; left: orders that never finished',
    '',
    table(HEAD, rows),
    '',
    ...ratios(comparison),
    ...byTool(comparison),
    ...counted(comparison),
    ...byProcess(comparison),
    ...byThread(comparison),
    ...byHop(comparison),
  ].join('\n')
}

function ratios({ floor, product, backend }: Comparison): string[] {
  if (!floor || !product) return []
  const [low, high] = [bestOf(floor), bestOf(product)]
  const throughput = (high?.per_second ?? 0) / (low?.per_second ?? 1)
  const latency = product.low.p50_ms / floor.low.p50_ms
  const wanted = backend === 'h2' ? 0.3 : 0.5
  const met = (ok: boolean) => (ok ? 'met' : 'missed')
  return [
    `throughput ratio ${figure(throughput)} (target ≥ ${wanted}: ${met(throughput >= wanted)})`,
    `p50 ratio at low load ${figure(latency)} (target ≤ 2.5: ${met(latency <= 2.5)})`,
  ]
}

function counted({ product }: Comparison): string[] {
  const orders = product && bestOf(product)?.orders
  if (!product?.counters || !orders) return []
  const rows = Object.entries(product.counters).map(([service, sums]) => {
    const each = (name: string) => figure((sums[name] ?? 0) / orders)
    const rounds = sums.rounds_total ?? 0
    return [
      service,
      each('inputs_total'),
      each('saves_total'),
      each('events_total'),
      each('lost_races_total'),
      figure((sums.round_inputs_sum ?? 0) / rounds),
      figure((1000 * (sums.round_seconds_sum ?? 0)) / rounds),
      String(sums.parked_total ?? 0),
    ]
  })
  const faults = product.faults ?? []
  return [
    '',
    'by service and order, over the best closed loop:',
    table(
      ['', 'inputs', 'saves', 'events', 'lost races', 'inputs/round', 'ms/round', 'parked'],
      rows,
    ),
    '',
    faults.length === 0
      ? 'a sample of the trails was fetched and verified: all good'
      : `FAULTS in a sample of trails: ${faults.join('; ')}`,
  ]
}

export function reportVerify(one: VerifyResult): string {
  return [
    '',
    `verify: ${figure(one.p50_us)} µs a bundle (p99 ${figure(one.p99_us)}; first ${figure(one.first_ms)} ms), ` +
      `${one.links} links, ${one.bundle_bytes} bytes (target < 50 ms: ${one.p50_us < 50_000 ? 'met' : 'missed'})`,
  ].join('\n')
}

export function reportLog(one: LogResult): string {
  const met = one.per_second >= 3_000 && one.integrate_p99_ms <= 1_000
  return [
    '',
    `log alone (${one.backend}): ${figure(one.per_second)} leaves/s over ${one.leaves} leaves of ${one.leaf_bytes} bytes, ` +
      `${figure(one.per_second_last_tenth)}/s in the last tenth;`,
    `  a batch of ${one.batch} is integrated in ${figure(one.integrate_p50_ms)} ms (p99 ${figure(one.integrate_p99_ms)}) ` +
      `(target ≥ 3000/s in ≤ 1 s: ${met ? 'met' : 'missed'})`,
  ].join('\n')
}

/** The rivals beside the product of the same run. */
export function reportRivals(
  rivals: readonly RivalResult[],
  comparisons: readonly Comparison[],
): string {
  const name = (text: string) => text.slice(0, 40)
  const rows = rivals.flatMap((one) => [...one.closed, one.low].map((each) => row(one.row, each)))
  for (const { product, mongodb, topology } of comparisons) {
    const best = product && bestOf(product)
    if (!product || !best) continue
    rows.push(row(name(`product, ${mongodb}, ${topology}`), best))
    rows.push(row(name(`product, ${mongodb}, low load`), product.low))
  }
  return [
    '',
    'the same seven steps elsewhere (they only hash: no receipts, no callback, no log, no signatures):',
    ...rivals.map((one) => `  ${one.packages.join(', ')}: ${one.durability}`),
    '',
    table(HEAD, rows),
  ].join('\n')
}

export function reportSoak({ backend, orders, in_flight, tenths, faults }: SoakResult): string {
  const rows = tenths.map((one, n) => [
    `${n + 1}/10`,
    String(one.orders),
    figure(one.per_second),
    figure(one.cpu_ms),
    figure(one.servers_cpu_ms),
    figure(one.rss_mb),
    figure(one.rss_max_mb),
    figure(one.servers_rss_mb),
  ])
  const head = ['', 'orders', 'orders/s', 'CPU ms', 'servers', 'RSS MB', 'max', 'servers']
  return [
    '',
    `soak: ${orders} orders, ${in_flight} in flight, ${backend}`,
    table(head, rows),
    faults.length === 0
      ? 'a sample of the trails was verified: all good'
      : `FAULTS: ${faults.join('; ')}`,
  ].join('\n')
}
