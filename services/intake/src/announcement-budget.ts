import type { ToolAnnounced, ToolRegistered } from '@prooftrail/contracts'
import type { Pair } from '@prooftrail/runtime'
import { keyEnded } from '@prooftrail/trail/format'
import { announcedAhead } from './announcement.ts'
import { Quotas } from './load/quotas.ts'
import type { IntakeInput, State, ToolInput } from './state.ts'
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
  /** A wave may be prepared again: each announcement is counted once. */
  readonly #judged = new WeakMap<ToolAnnounced, boolean>()

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
      const isBeyond = this.#judged.get(input.data) ?? this.#isBeyond(input, state.tool)
      this.#judged.set(input.data, isBeyond)
      if (isBeyond) beyond.add(input.data)
    }
    return beyond
  }

  #isBeyond({ data, at }: Pick<ToolInput, 'data' | 'at'>, known: ToolRegistered): boolean {
    if (!mayChange(data, known, at)) return false
    if (this.#quotas.waitMs(data.tool) > 0) return true
    this.#quotas.spend(data.tool, this.#sizeOf(known) + sizeOf(data.manifest))
    return false
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
  return saysMore(data, known) && isByItsKeys(data)
}

function saysMore(data: ToolAnnounced, known: ToolRegistered): boolean {
  const { version, withdraw, pin, next_key, checked, forced } = data
  const same = known.versions.find((one) => one.version === version)
  const isInService = same !== undefined && same.withdrawn_at === undefined
  if (withdraw === true) return isInService
  if (pin !== undefined) return known.pinned !== (pin ? version : undefined)
  if (same === undefined) return true
  if (next_key !== undefined && known.keys.every(({ kid }) => kid !== next_key.kid)) return true
  if (!isInService || same.checked === true) return false
  return checked === true || (forced === true && same.forced !== true)
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0
}
