import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Running } from '../floor/floor.ts'
import { closedLoop, type Feed } from '../load.ts'
import { type Measured, measureClosed, measureOpen } from '../measure.ts'
import type { Options } from '../options.ts'
import { type Closing, fetchPackages } from './processes.ts'

/** What runs the same seven steps. */
export interface Rival {
  /** What npm fetches, in the versions that the comparison was made with. */
  packages: readonly string[]
  /** How its rows of the table are called. */
  row: string
  /** What its answer rests on. */
  durability: string
  /** Starts it in a folder that holds its packages. @throws Error that says what is missing */
  start(dir: string, closing: Closing): Promise<Pick<Running, 'feed' | 'roles'>>
}

export interface RivalResult extends Pick<Rival, 'packages' | 'row' | 'durability'> {
  closed: Measured[]
  low: Measured
}

const STEPS = 7

/** Orders of the same size for each rival. */
export function feedOf(send: (orders: { id: string; fill: string }[]) => Promise<unknown>): Feed {
  let count = 0
  const fill = 'y'.repeat(900)
  return {
    onDone: () => {},
    prepare: (wanted) => Array.from({ length: wanted }, () => `order-${count++}`),
    send: async (ids) => void (await send(ids.map((id) => ({ id, fill })))),
  }
}

/** Takes what came out: an order that did not come to its last step stays unfinished, and is told as such. */
export function finish({ onDone }: Feed, said: unknown): void {
  const { id, seq } = Object(said)
  if (seq === STEPS) onDone(String(id))
}

/** A rival under the loads that the product gets. */
export async function benchRival(
  { packages, row, durability, start }: Rival,
  options: Options,
  say: (line: string) => void,
): Promise<RivalResult> {
  const [name = ''] = row.split(',')
  const dir = await mkdtemp(join(tmpdir(), 'bench-rival-'))
  const closing: Closing = [() => rm(dir, { recursive: true, force: true })]
  try {
    say(`${name}: fetching ${packages.join(', ')}`)
    await fetchPackages(dir, packages)
    const { feed, roles } = await start(dir, closing)
    say(`${name}: warming up`)
    await closedLoop(feed, { inFlight: 64, seconds: 30, orders: options.warmUp })
    const closed: Measured[] = []
    for (const inFlight of options.inFlight) {
      const measured = await measureClosed(feed, roles, { inFlight, seconds: options.seconds })
      closed.push(measured)
      say(`${name}: ${measured.per_second.toFixed(1)}/s with ${inFlight} in flight`)
    }
    const low = await measureOpen(feed, roles, { rate: 5, seconds: options.lowSeconds })
    return { packages, row, durability, closed, low }
  } finally {
    for (const close of closing.reverse()) await close()
  }
}
