import pino from 'pino'
import { expect, test } from 'vitest'
import { withoutHandles } from './server.ts'

test('a log line holds no task handle, wherever in the path it stands', () => {
  const handle = `tt_${'a2'.repeat(16)}`
  const lines: string[] = []
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  log.error({ path: withoutHandles(`/v1/tasks/${handle}/events/${handle}`) }, 'request failed')
  expect(lines.join('')).toContain('/v1/tasks/tt_…/events/tt_…')
  expect(lines.join('')).not.toContain(handle)
})
