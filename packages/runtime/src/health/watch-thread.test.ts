import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const thread = fileURLToPath(new URL('../../bin/watch-thread.js', import.meta.url))

/** Runs a process that is watched as a service is, with other times. */
async function watched(
  body: string,
): Promise<{ signal: string | null; code: number | null; out: string }> {
  const script = `
    const { Worker } = require('node:worker_threads')
    const beats = new Float64Array(new SharedArrayBuffer(16))
    const beat = () => { beats[0] = Date.now() }
    beat()
    setInterval(beat, 50).unref()
    const workerData = { beats, service: 'toy', silentMs: 400, everyMs: 50 }
    const worker = new Worker(${JSON.stringify(thread)}, { workerData })
    worker.unref()
    worker.on('online', async () => { ${body} })
    setTimeout(() => undefined, 10_000)`
  const child = spawn(process.execPath, ['-e', script])
  let out = ''
  child.stdout.on('data', (data) => {
    out += data
  })
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out }))
  })
}

const spin = 'for (;;) await undefined'

describe('the thread that watches', () => {
  test('given a loop that lets nothing else run, then it is told, with what it takes', async () => {
    const until = 'const end = Date.now() + 1500; while (Date.now() < end) await undefined'
    const { code, out } = await watched(`${until}; setTimeout(() => process.exit(0), 500)`)
    expect(code).toBe(0)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map((line) => line.code)).toEqual(['PT-9035', 'PT-9035'])
    expect(lines[0]).toMatchObject({ service: 'toy', level: 50 })
    expect(lines[0].msg).toContain('has not turned')
    // how much depends on who else is busy
    expect(lines[0].cpu_percent).toBeGreaterThan(0)
    expect(lines[1].msg).toContain('turns again')
  })

  test('given a stop that hangs in such a loop, then the process is ended', async () => {
    const { signal, out } = await watched(`beats[1] = Date.now() + 300; ${spin}`)
    expect(signal).toBe('SIGKILL')
    expect(out).toContain('PT-9036')
  })

  test('given a process that is idle, then nothing is told', async () => {
    const { code, out } = await watched('setTimeout(() => process.exit(0), 1500)')
    expect(code).toBe(0)
    expect(out).toBe('')
  })
})
