import { useSyncExternalStore } from 'react'

/** Times in the reader's zone or in UTC, near ones also as how long ago; the whole time on hover. */

export type Zone = 'local' | 'utc'

const STORED = 'prooftrail.zone'
const zoneListeners = new Set<() => void>()
let zone: Zone = read() === 'utc' ? 'utc' : 'local'

function read(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

/** Chooses the zone of every time on the page; this browser remembers it. */
export function setZone(chosen: Zone): void {
  zone = chosen
  try {
    localStorage.setItem(STORED, chosen)
  } catch {
    // a browser that keeps nothing asks again
  }
  for (const tell of zoneListeners) tell()
}

function subscribeZone(tell: () => void): () => void {
  zoneListeners.add(tell)
  return () => void zoneListeners.delete(tell)
}

export function useZone(): Zone {
  return useSyncExternalStore(subscribeZone, () => zone)
}

let now = Date.now()
const clockListeners = new Set<() => void>()
let ticking: ReturnType<typeof setInterval> | undefined

function subscribeClock(tell: () => void): () => void {
  clockListeners.add(tell)
  ticking ??= setInterval(() => {
    if (document.hidden) return
    now = Date.now()
    for (const each of clockListeners) each()
  }, 1_000)
  return () => {
    clockListeners.delete(tell)
    if (clockListeners.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** Milliseconds since 1970, to the second; one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(subscribeClock, () => now)
}

/** One moment, as a `time` element. @param at RFC 3339 */
export function Time({ at, relative = false }: { at: string; relative?: boolean }) {
  const chosen = useZone()
  const title = `${at} (UTC); ${stampOf(at, 'local')} here`
  return (
    <time dateTime={at} title={title}>
      {relative ? <Ago at={at} /> : stampOf(at, chosen)}
    </time>
  )
}

function Ago({ at }: { at: string }) {
  const ms = Math.max(0, useNow() - Date.parse(at))
  return <>{durationOf(ms)} ago</>
}

/** How long since a moment, ticking. */
export function Since({ at }: { at: string }) {
  return <>{durationOf(Math.max(0, useNow() - Date.parse(at)))}</>
}

/** `2026-11-30 18:43:58.963`, in the zone; UTC says so. */
export function stampOf(at: string, chosen: Zone): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return at
  if (chosen === 'utc') return `${at.slice(0, 10)} ${at.slice(11, 23).replace('Z', '')} UTC`
  const two = (n: number, digits = 2) => String(n).padStart(digits, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return `${day} ${clock}.${two(time.getMilliseconds(), 3)}`
}

/** A length of time in its two largest units. @param ms milliseconds */
export function durationOf(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const s = ms / 1_000
  if (s < 10) return `${s.toFixed(1)} s`
  if (s < 60) return `${Math.floor(s)} s`
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  const first = units.findIndex(([size]) => s >= size)
  const [size = 1, name = 's'] = units[first] ?? []
  const [next = 1, nextName = ''] = units[first + 1] ?? []
  const rest = Math.floor((s % size) / next)
  return `${Math.floor(s / size)} ${name}${rest > 0 && nextName ? ` ${rest} ${nextName}` : ''}`
}
