import { describe, expect, test } from 'vitest'
import { exampleCommand } from './case-command.ts'
import { makeConcurrencyLimit } from './concurrency-limit.ts'
import { exampleManifest as manifest } from './example-tool.fixtures.ts'
import { type Note, runTool } from './run-tool.ts'
import type { Execute, ToolResult } from './tool.ts'

const later = '9999-12-31T23:59:59.999Z'
const command = exampleCommand(manifest, {
  deadline: later,
  evidence: { first: { reference: 'a' } },
})
const result: ToolResult = {
  result_package: { a: 1 },
  human_summary: 'done',
  links: [
    { name: 'evidence_checklist', object: {} },
    { name: 'readiness_result', object: {} },
  ],
}
const log = { info: () => {}, warn: () => {} }

function run(execute: Execute, options: { deadline?: string; stopping?: AbortSignal } = {}) {
  const notes: Note[] = []
  const { deadline = later, stopping = new AbortController().signal } = options
  const own = { ...command, deadline }
  const say = (note: Note) => notes.push(note)
  return {
    notes,
    outcome: runTool({ manifest, execute, log }, own, stopping, say, makeConcurrencyLimit(1)),
  }
}

describe('a run', () => {
  test('gives the checked result, sync or async', async () => {
    expect(await run(() => result).outcome).toEqual({ result })
    expect(await run(async () => result).outcome).toEqual({ result })
  })

  test('tells the tool the command’s time and what the evidence is worth', async () => {
    let seen: unknown
    const { outcome, notes } = run((_, context) => {
      seen = [context.now, context.assessment.evidence_score]
      context.heartbeat('half', 49.7)
      return result
    })
    await outcome
    expect(seen).toEqual([command.issued_at, 66])
    expect(notes).toEqual([{ note: 'half', percent: 50 }])
  })

  test('gives the tool a copy: what it changes there changes nothing', async () => {
    await run((own) => {
      own.evidence = {}
      own.ids.result_contract = 'rc_other'
      return result
    }).outcome
    expect(command.evidence).toEqual({ first: { reference: 'a' } })
    expect(command.ids.result_contract).not.toBe('rc_other')
  })

  test('that throws is an outcome that is tried again', async () => {
    const { outcome } = run(() => {
      throw new Error('boom')
    })
    expect(await outcome).toEqual({ fault: { code: 'PT-3003', detail: 'boom' }, retry: true })
  })

  test('that returns what is no result names the faults', async () => {
    const wrong = { human_summary: 'done' } as unknown as ToolResult
    expect(await run(() => wrong).outcome).toMatchObject({
      fault: { code: 'PT-3004' },
      retry: true,
    })
  })

  test('past its deadline is not begun', async () => {
    const { outcome } = run(() => result, { deadline: '2026-01-01T00:00:00.000Z' })
    expect(await outcome).toMatchObject({ fault: { code: 'PT-3007' }, retry: false })
  })

  test('is ended by its deadline, and its signal says so', async () => {
    let signal: AbortSignal | undefined
    const deadline = new Date(Date.now() + 30).toISOString()
    const endless: Execute = (_, context) => {
      signal = context.signal
      return new Promise(() => {})
    }
    expect(await run(endless, { deadline }).outcome).toMatchObject({ fault: { code: 'PT-3007' } })
    expect(signal?.aborted).toBe(true)
  })

  test('is ended by the manifest’s own limit, counted from its start', async () => {
    const limits = { ...manifest.limits, deadline_seconds: 0.05 }
    const limit = makeConcurrencyLimit(1)
    const leave = await limit.enter(new AbortController().signal)
    let signal: AbortSignal | undefined
    const endless: Execute = (_, context) => {
      signal = context.signal
      return new Promise(() => {})
    }
    const tool = { manifest: { ...manifest, limits }, execute: endless, log }
    const never = new AbortController().signal
    const outcome = runTool(tool, command, never, () => {}, limit)
    const first = await Promise.race([outcome, waited(120)])
    expect([first, signal]).toEqual(['waiting', undefined])
    leave?.()
    expect(await outcome).toMatchObject({
      fault: { code: 'PT-3007', detail: expect.stringContaining('deadline_seconds') },
      retry: false,
    })
    expect(signal?.aborted).toBe(true)
  })

  test('has no outcome when the process stops: another run follows', async () => {
    const stop = new AbortController()
    const { outcome } = run(() => new Promise(() => {}), { stopping: stop.signal })
    stop.abort()
    await expect(outcome).rejects.toThrow('another run follows')
  })
})

/** Resolves with `waiting` after that many milliseconds. */
function waited(ms: number): Promise<'waiting'> {
  return new Promise((resolve) => {
    AbortSignal.timeout(ms).addEventListener('abort', () => resolve('waiting'))
  })
}

describe('the concurrency limit', () => {
  test('lets its number through, the rest in turn, and forgets who gave up', async () => {
    const limit = makeConcurrencyLimit(1)
    const stop = new AbortController()
    const never = new AbortController().signal
    const leave = await limit.enter(never)
    const impatient = limit.enter(stop.signal)
    const patient = limit.enter(never)
    stop.abort()
    expect(await impatient).toBeUndefined()
    leave?.()
    const second = await patient
    expect(second).toBeTypeOf('function')
    second?.()
    expect(await limit.enter(never)).toBeTypeOf('function')
  })
})
