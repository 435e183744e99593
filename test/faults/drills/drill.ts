import { setTimeout as pause } from 'node:timers/promises'
import type { Firing, Prometheus } from '../../toolkit/prometheus.ts'
import { until } from '../../toolkit/until.ts'
import type { Deployment } from '../deployment.ts'

/** Something that goes wrong, and the alert by which it is found. */
export interface Drill {
  /** What was done: told when the exercise is over. */
  cause: string
  /** The alert that leads to it, with those of its labels that name the place. */
  alert: string
  labels?: Readonly<Record<string, string>>
  /** The section of docs/runbook.md that the alert names. */
  runbook: string
  /** What finds the cause, by that section. */
  finds: string
  /** Does it. @returns what mends it */
  inject(d: Deployment): Promise<() => Promise<void>>
}

/**
 * How many times faster than in production the spans of rules run: half an hour is a minute. Windows,
 * waits and thresholds that are spans are divided alike; counts and shares stay.
 */
export const SPEED = 30

/** How long an alert may take to fire, and to end once its cause is mended. */
const PATIENCE_MS = 180_000

/** Whether the alert of a drill fires now. */
export async function firesNow(
  prometheus: Pick<Prometheus, 'firing'>,
  { alert, labels = {} }: Pick<Drill, 'alert' | 'labels'>,
): Promise<Firing | undefined> {
  const all = await prometheus.firing()
  return all.find(
    (one) =>
      one.name === alert && Object.entries(labels).every(([name, of]) => one.labels[name] === of),
  )
}

/** Resolves with the alert when it fires. @throws when it does not */
export function untilFires(prometheus: Prometheus, drill: Drill): Promise<Firing> {
  return until(`alert ${drill.alert}`, () => firesNow(prometheus, drill), PATIENCE_MS)
}

/** Resolves when the alert has ended. @throws when it does not */
export async function untilOver(prometheus: Prometheus, drill: Drill): Promise<void> {
  const isOver = async () => ((await firesNow(prometheus, drill)) ? undefined : true)
  await until(`end of ${drill.alert}`, isOver, PATIENCE_MS)
}

/** Does something over and over until it is told to stop; what fails meanwhile is part of the drill. */
export function overAndOver(everyMs: number, act: () => Promise<unknown>): () => Promise<void> {
  let isOver = false
  const going = (async () => {
    while (!isOver) {
      await act().catch(() => undefined)
      await pause(everyMs)
    }
  })()
  return async () => {
    isOver = true
    await going
  }
}
