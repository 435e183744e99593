import { setTimeout as pause } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import { aboutDocument } from '../log.ts'
import { exemplarOf } from '../message.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Effect, Emitted, Input, Service } from '../service.ts'
import { causeOf, freshSpan, type SpanId, traceOf } from '../tracing/ids.ts'
import type { Traces } from '../tracing/traces.ts'

/** Runs effects beside the loop. An attempt without an outcome is unknown, never failed. */
export interface Effects {
  start(doc: string, effect: Effect): void
  idle(): Promise<void>
  readonly busy: boolean
  /** Waits for running effects, then aborts them, then leaves them. */
  stop(): Promise<void>
}

const GRACE_MS = 10_000
const ABORT_MS = 5_000

/** @param submit hands an outcome to its document; resolves when it is saved */
export function makeEffects<S, I extends Input, E extends Emitted, C>(
  { effect: kind }: Service<S, I, E, C>,
  submit: (doc: string, outcome: I, within?: SpanId) => Promise<void>,
  metrics: ServiceMetrics,
  log: Logger,
  traces?: Traces,
): Effects {
  const limit = pLimit(kind?.concurrency ?? 1)
  // One for each effect: on a shared signal, listeners of ended effects would pile up.
  const aborters = new Set<AbortController>()
  let aborted = false
  const running = new Set<Promise<void>>()

  async function run(doc: string, effect: Effect): Promise<void> {
    if (!kind || aborted) return
    const aborter = new AbortController()
    aborters.add(aborter)
    const begun = performance.now()
    metrics.effectsRunning.inc()
    const parent = causeOf(effect)
    const traceId = parent?.traceId ?? traceOf(doc)
    const span = traces && { traceId, spanId: freshSpan() }
    const about = aboutDocument(doc, traceId)
    const told = { document: doc, effect: effect.id, from: Date.now() }
    try {
      const outcome = await kind.run(effect, aborter.signal)
      if (traces && span) traces.effect(span, parent, told)
      await submit(doc, outcome, span)
      metrics.effects.inc({ outcome: 'finished' })
    } catch (error) {
      if (traces && span) traces.effect(span, parent, { ...told, fault: nameOf(error) })
      // The document's due time takes the attempt up again.
      metrics.effects.inc({ outcome: 'unknown' })
      log.warn({ err: error, effect: effect.id, ...about }, 'effect ended without an outcome')
    } finally {
      aborters.delete(aborter)
      metrics.effectsRunning.dec()
      const value = (performance.now() - begun) / 1000
      metrics.effectSeconds.observe({ value, exemplarLabels: exemplarOf(traceId) })
    }
  }

  function abortAll(): void {
    aborted = true
    for (const aborter of aborters) aborter.abort()
  }

  async function idle(): Promise<void> {
    while (running.size > 0) await Promise.all(running)
  }

  return {
    start(doc, effect) {
      const one = limit(() => run(doc, effect)).finally(() => running.delete(one))
      running.add(one)
    },
    idle,
    get busy() {
      return running.size > 0
    },
    async stop() {
      await within(GRACE_MS, idle())
      abortAll()
      await within(ABORT_MS, idle())
    },
  }
}

async function within(ms: number, act: Promise<void>): Promise<void> {
  const timer = new AbortController()
  const late = pause(ms, undefined, { signal: timer.signal }).catch(() => undefined)
  await Promise.race([act, late])
  timer.abort()
}

/** What a span says of a fault: its kind, and nothing of what it was about. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'fault'
}
