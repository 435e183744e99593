import type { ToolAnnounced, ToolRegistered } from '@prooftrail/contracts'
import type { Pair } from '@prooftrail/runtime'
import { keyEnded } from '@prooftrail/trail/format'
import { announcedAhead } from './announcement.ts'
import { Quotas } from './load/quotas.ts'
import type { IntakeInput, State } from './state.ts'
import { isByItsKeys } from './tool-keys.ts'

/**
 * What one tool may change in a minute. A change is published with all versions of the tool in it, to
 * everybody who follows tools: whoever has a key could make thousands of them, each larger than the last.
 */
const A_MINUTE = { orders: 60, bytes: 8 * 1024 * 1024 } as const

/** Counts what tools change; each process what it takes itself, as far as their keys have signed it. */
export class AnnouncementBudget {
  readonly #quotas: Quotas
  readonly #sizes = new WeakMap<ToolRegistered, number>()

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    const none = { waitingOrders: 0, waitingBytes: 0 }
    const { orders, bytes } = A_MINUTE
    this.#quotas = new Quotas({ ordersPerMinute: orders, bytesPerMinute: bytes, ...none }, now)
  }

  /** Those of a wave's announcements that would change more of their tool than it may; the others are counted. */
  beyond(wave: readonly Pair<State, IntakeInput>[]): ReadonlySet<ToolAnnounced> {
    const beyond = new Set<ToolAnnounced>()
    for (const { state, input } of wave) {
      if (input.type !== 'tool.announced' || state.status !== 'tool') continue
      const { data } = input
      if (!mayChange(data, state.tool, input.at)) continue
      if (this.#quotas.waitMs(data.tool) > 0) beyond.add(data)
      else this.#quotas.spend(data.tool, this.#sizeOf(state.tool) + sizeOf(data.manifest))
    }
    return beyond
  }

  #sizeOf(tool: ToolRegistered): number {
    const known = this.#sizes.get(tool) ?? sizeOf(tool.versions)
    this.#sizes.set(tool, known)
    return known
  }
}

/** Whether the tool's own key says something new. What is said again, as by a fleet that starts, is not. */
function mayChange(data: ToolAnnounced, known: ToolRegistered, at: string): boolean {
  if (known.announced_at !== undefined && data.announced_at <= known.announced_at) return false
  if (announcedAhead(data.announced_at, at) !== undefined) return false
  const holder = known.keys.find(({ kid }) => kid === data.key.kid)
  // a key that was stolen and revoked spends nothing of its tool's
  if (holder === undefined || keyEnded(holder, at) !== undefined) return false
  const same = known.versions.find(({ version }) => version === data.version)
  const isMore =
    data.withdraw === true ||
    (data.pin !== undefined && known.pinned !== (data.pin ? data.version : undefined)) ||
    data.next_key !== undefined ||
    (data.checked === true && same?.checked !== true) ||
    (data.forced === true && same?.forced !== true && same?.checked !== true)
  return (same === undefined || isMore) && isByItsKeys(data)
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0
}
