// @ts-check
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

/**
 * A thread that sees what the main one cannot tell of itself: that it does not turn at all, because
 * something in it loops without letting anything else run, and that a stop hangs for that reason.
 * @type {{ beats: Float64Array, service: string, silentMs: number, everyMs: number }}
 */
const { beats, service, silentMs, everyMs } = workerData
const STDOUT = 1

let wokeAt = Date.now()
let goodUntil = wokeAt
let cpu = process.cpuUsage()
let isSaid = false

/** @param {string} code @param {number} level @param {string} msg @param {object} more */
function say(code, level, msg, more = {}) {
  const line = { level, time: new Date().toISOString(), service, code, ...more, msg }
  writeSync(STDOUT, `${JSON.stringify(line)}\n`)
}

function look() {
  const now = Date.now()
  const [beat = now, endBy = 0] = beats
  // a process that was paused as a whole has not been silent
  if (now - wokeAt > everyMs * 5) goodUntil = now
  wokeAt = now
  const silence = now - Math.max(beat, goodUntil)
  if (silence < everyMs * 3) {
    if (isSaid) say('PT-9035', 40, 'the main thread turns again')
    isSaid = false
    cpu = process.cpuUsage()
  } else if (silence > silentMs && !isSaid) {
    isSaid = true
    const { user, system } = process.cpuUsage(cpu)
    const share = Math.round((user + system) / 10 / silence)
    const msg = `the main thread has not turned for ${Math.round(silence / 1000)} s, and took ${share} % of a core`
    // its /metrics does not answer either, so that it counts as down
    say('PT-9035', 50, msg, { cpu_percent: share, alert: 'ProoftrailServiceDown' })
  }
  if (endBy > 0 && now > endBy) {
    say('PT-9036', 40, 'the stop did not end in its time; the process is ended')
    process.kill(process.pid, 'SIGKILL')
  }
}

setInterval(look, everyMs)
