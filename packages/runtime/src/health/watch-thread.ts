import { Worker } from 'node:worker_threads'

/** What the main thread tells the thread that watches it. */
export interface Watched {
  /** A stop has begun that ends within that many milliseconds, or the process is killed. */
  endWithin(ms: number): void
  stop(): void
}

export interface WatchOptions {
  service: string
  /** Silence of the main thread that is told. */
  silentMs?: number
  everyMs?: number
}

const SILENT_MS = 30_000
const EVERY_MS = 1_000

/**
 * Has a thread watch this one: a loop that lets nothing else run holds up every timer and every probe,
 * so nobody in this thread could tell of it. What it sees goes to standard output, as a line of the
 * log with PT-9035; the prober sees a `/healthz` that does not answer.
 */
export function watchThread({
  service,
  silentMs = SILENT_MS,
  everyMs = EVERY_MS,
}: WatchOptions): Watched {
  const beats = new Float64Array(new SharedArrayBuffer(16))
  const beat = () => {
    beats[0] = Date.now()
  }
  beat()
  const timer = setInterval(beat, everyMs)
  timer.unref()
  const worker = new Worker(new URL('../../bin/watch-thread.js', import.meta.url), {
    workerData: { beats, service, silentMs, everyMs },
    // nothing of what loads this process's modules is needed there
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  })
  worker.unref()
  // a process that cannot be watched does its work all the same
  worker.on('error', () => clearInterval(timer))
  return {
    endWithin(ms) {
      beats[1] = Date.now() + ms
    },
    stop() {
      clearInterval(timer)
      void worker.terminate()
    },
  }
}
