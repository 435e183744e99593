import { figure } from '../stats.ts'
import { table } from '../table.ts'
import type { Latency, OverloadResult } from './overload.ts'

const met = (ok: boolean) => (ok ? 'met' : 'MISSED')

/** What was offered, what became of it, and what it did to latency and memory. */
export function reportOverload(result: OverloadResult): string {
  const { seconds, capacity, closed, again, offered, during, after, door_ms, retry_after } = result
  const ratio = during.seal_p99_ms / result.normal_seal_p99_ms
  const other = Object.entries(offered.other).map(([what, count]) => `${count} × ${what}`)
  const taken = offered.accepted + offered.published
  return [
    '',
    `overload: ${figure(2 * capacity)}/s offered for ${seconds} s, twice the capacity, on ${result.backend}`,
    '',
    table(
      ['', 'orders/s', 'orders', 'to acceptance p50', 'p99 ms', 'to seal p50', 'p99 ms', 'max ms'],
      [
        ...closed.map(({ in_flight, per_second, latency }) =>
          row(`closed loop, ${in_flight} in flight`, per_second, latency),
        ),
        row('while offered', during.orders / seconds, during),
        row('worked off afterwards', after.orders / result.drained_seconds, after),
        row(`closed loop, ${again.in_flight} again`, again.per_second, again.latency),
      ],
    ),
    '',
    `offered ${offered.offered}: ${offered.published} on the topic, ${offered.accepted} × 202, ` +
      `${offered.shed} × 429${other.length > 0 ? `, ${other.join(', ')}` : ''}` +
      (offered.unoffered > 0 ? `; ${offered.unoffered} more than the driver could offer` : ''),
    `429 at the door: p50 ${figure(door_ms.shed_p50)} ms, p99 ${figure(door_ms.shed_p99)} ms ` +
      `(202: ${figure(door_ms.accept_p50)} and ${figure(door_ms.accept_p99)} ms); ` +
      `Retry-After ${figure(retry_after.p1)}–${figure(retry_after.p99)} s, half of them up to ${figure(retry_after.p50)} s`,
    `the door sends away: ${met(offered.shed > 0 && offered.retryAfterMissing === 0)} ` +
      `(${offered.retryAfterMissing} without Retry-After)`,
    `refused or parked: ${result.refused} (must be 0: ${met(result.refused === 0)}); ` +
      `of ${taken} taken, ${result.unfinished} never sealed (must be 0: ${met(result.unfinished === 0)}), ` +
      `the last ${figure(result.drained_seconds)} s after the end`,
    `acceptance to seal p99 ${figure(during.seal_p99_ms)} ms, ${figure(ratio)} × that at capacity, ` +
      `the mean of before and after (target ≤ 2: ${met(ratio <= 2)})`,
    '',
    table(
      [
        '',
        'sealed',
        'to seal p99',
        'RSS MB',
        'servers',
        'driver',
        'outstanding',
        'expected wait s',
      ],
      result.tenths.map((one, n) => [
        `${n + 1}/10`,
        String(one.sealed),
        figure(one.seal_p99_ms),
        String(one.rss_mb),
        String(one.servers_rss_mb),
        String(one.driver_rss_mb),
        String(one.outstanding),
        figure(one.wait_seconds),
      ]),
    ),
    result.faults.length === 0
      ? 'a sample of the trails was fetched and verified: all good'
      : `FAULTS in a sample of trails: ${result.faults.join('; ')}`,
  ].join('\n')
}

function row(name: string, perSecond: number, latency: Latency): string[] {
  return [
    name,
    figure(perSecond),
    String(latency.orders),
    figure(latency.acceptance_p50_ms),
    figure(latency.acceptance_p99_ms),
    figure(latency.seal_p50_ms),
    figure(latency.seal_p99_ms),
    figure(latency.seal_max_ms),
  ]
}
