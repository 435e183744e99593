import { mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { aboutDocument, aboutInput, makeLog, PAGING, pages } from './log.ts'
import { maskText } from './mask-text.ts'
import { traceOf } from './tracing/ids.ts'

const ORDER = `wo_${'a2'.repeat(16)}`
const HANDLE = `tt_${'b3'.repeat(16)}`
const TRACE = '0af7651916cd43dd8448eb211c80319c'

/** The lines that a log writes, so many of them. */
async function linesOf(
  count: number,
  act: (log: ReturnType<typeof makeLog>) => void | Promise<void>,
) {
  const file = join(mkdtempSync(join(tmpdir(), 'prooftrail-log-')), 'log')
  await act(makeLog('toy', 'debug', openSync(file, 'a')))
  return vi.waitFor(() => {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    expect(lines).toHaveLength(count)
    return lines.map((line) => JSON.parse(line))
  })
}

describe('what a line is about', () => {
  test('a document of an order, or of one attempt of it, is said as the order, with its trace', () => {
    expect(aboutDocument(ORDER)).toEqual({ work_order_id: ORDER, trace_id: traceOf(ORDER) })
    expect(aboutDocument(`${ORDER}/2`, TRACE)).toEqual({ work_order_id: ORDER, trace_id: TRACE })
    expect(aboutDocument('agent/a')).toEqual({ document: 'agent/a' })
  })

  test('an input says the trace of its message, and an order only where its document is known', () => {
    const input = { id: 'i', type: 'due', at: '', data: {} }
    const span = { traceId: TRACE, spanId: 'b7ad6b7169203331' }
    expect(aboutInput({ input, span })).toEqual({ trace_id: TRACE })
    expect(aboutInput({ input })).toEqual({})
    expect(aboutInput({ input, span }, ORDER)).toEqual({ work_order_id: ORDER, trace_id: TRACE })
    expect(aboutInput({ input, doc: ORDER })).toEqual(aboutDocument(ORDER))
  })
})

describe('what a line does not hold', () => {
  test('what a driver hangs on to an error stays out, and its message is masked', async () => {
    const error = Object.assign(new Error(`E11000 dup key: { token: "${HANDLE}" }`), {
      code: 11_000,
      writeErrors: [{ op: { state: 'evidence of the order' } }],
    })
    const wrapped = new Error('not saved', { cause: error })
    const [line, other] = await linesOf(2, (log) => {
      log.warn({ err: error }, 'saving')
      log.warn({ err: wrapped }, 'saving')
    })
    expect(line.err).toMatchObject({ type: 'Error', code: 11_000 })
    expect(line.err.stack).toContain('log.test.ts')
    expect(other.err.cause).toContain('E11000')
    const text = JSON.stringify([line, other])
    expect(text).not.toContain('evidence of the order')
    expect(text).not.toContain(HANDLE)
  })

  test('handles, secrets, tokens and credentials are masked wherever they stand', async () => {
    const secrets = [HANDLE, 'whsec_MfKQ9r8GKYqrTwjU', 'Bearer abc.def.ghi', 'u:pw@', '?token=x']
    const [line] = await linesOf(1, (log) =>
      log.info(
        { path: `/v1/tasks/${HANDLE}`, url: 'https://u:pw@a.example/b?token=x' },
        secrets.join(' '),
      ),
    )
    const text = JSON.stringify(line)
    expect(line.path).toBe('/v1/tasks/tt_…')
    expect(line.url).toBe('https://…@a.example/b?…')
    for (const one of [HANDLE, 'MfKQ9r8GKYqrTwjU', 'abc.def.ghi']) expect(text).not.toContain(one)
  })

  test('a masked line is JSON, whatever it said', () => {
    const piece = fc.constantFrom(
      'Bearer ',
      'https://',
      '@',
      '?',
      '"',
      '\\',
      ' ',
      'tt_aaaaaaaa',
      '/',
      'x',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        const line = JSON.stringify({ msg: pieces.join(''), after: 1 })
        expect(JSON.parse(maskText(line)).after).toBe(1)
      }),
    )
  })
})

test('an error names the alert that pages for it', async () => {
  const [line] = await linesOf(1, (log) =>
    pages(log, 'ProoftrailDoorsFail', { code: 'PT-9034' }, 'request failed'),
  )
  expect(line).toMatchObject({ level: 50, code: 'PT-9034', alert: 'ProoftrailDoorsFail' })
  expect(PAGING).toContain(line.alert)
})
