import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { keysMake } from './commands/deploy.ts'
import { secondsOf } from './commands/watch.ts'
import { CommandError, tellFault } from './fault.ts'
import { colour, makeOutput } from './output.ts'

/** An output into memory. */
function recorded(json: boolean) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  // of the process's streams only these members are used
  const streams = { stdout, stderr } as unknown as Pick<NodeJS.Process, 'stdout' | 'stderr'>
  return { stdout, out: makeOutput(json, streams) }
}

test('a reader that is gone is no fault, and whoever follows something learns of it', () => {
  const { stdout, out } = recorded(false)
  const stopped = vi.fn()
  out.onClosed(stopped)
  stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  expect(out.closed).toBe(true)
  expect(stopped).toHaveBeenCalledOnce()
  const disk = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  expect(() => stdout.emit('error', disk)).toThrow('no space')
})

test('what somebody else wrote steers no terminal; our own colours and lines stay', () => {
  const { stdout, out } = recorded(false)
  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => void vi.restoreAllMocks())
  const evil = [
    ...[
      '\u001b]52;c;cm0gLXJm\u0007',
      '\u001b[2K\r',
      '\u001b[1A',
      '\u001b[8m',
      '\u009b2J',
      '\u0007',
    ],
    ...['\u001b]0;title\u001b\\', '\u202e', '\b\b\b', '\u007f', '\u001bc'],
  ]
  for (const text of evil) {
    out.say(`reason: ${text}`)
    tellFault(new Error(`HTTP 400 ${text}`), out)
  }
  const said = [String(stdout.read()), ...told.mock.calls.map(String)].join('').replaceAll('\n', '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
  expect(said.replace(/\u001b\[(31|39)m/g, '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
  const own = `a\tline\n${colour.green('✓')} \u001b[1mbold\u001b[22m \u001b[32mgreen\u001b[39m`
  out.say(own)
  expect(String(stdout.read())).toBe(`${own}\n`)
})

test('with --json a failure is a document too', () => {
  const { stdout, out } = recorded(true)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => void vi.restoreAllMocks())
  expect(tellFault(new CommandError('PT-8006', 'no such file', 2), out)).toBe(2)
  expect(tellFault(new Error('of the machine'), out)).toBe(1)
  const documents = String(stdout.read()).split('\n}\n', 1)
  expect(JSON.parse(`${documents[0]}}`)).toEqual({
    error: { code: 'PT-8006', detail: 'no such file' },
  })
})

test.each(['my log', 'a+b', ''])(
  'keys for the log %j are refused and nothing is written',
  async (origin) => {
    const dir = mkdtempSync(join(tmpdir(), 'prooftrail-keys-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const making = keysMake(join(dir, 'k'), { origin }, recorded(false).out)
    await expect(making).rejects.toThrow(expect.objectContaining({ code: 'PT-8013', exit: 2 }))
    expect(existsSync(join(dir, 'k'))).toBe(false)
  },
)

test('a time to wait is seconds above 0', () => {
  expect(secondsOf('120')).toBe(120)
  expect(secondsOf('0.5')).toBe(0.5)
  for (const text of ['abc', '0', '-1', '', '1e9', 'Infinity']) {
    expect(() => secondsOf(text)).toThrow(expect.objectContaining({ code: 'PT-8013', exit: 2 }))
  }
})
