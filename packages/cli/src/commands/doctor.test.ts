import { expect, test } from 'vitest'
import { doctorTable } from './doctor.ts'

test('everything stands under its head, and what is wrong says what to do next', () => {
  const table = doctorTable({
    ready: false,
    kafka: { brokers: ['kafka:9092'] },
    mongodb: { url: 'mongodb://ann:secret@a', kind: 'configured', away: 'timed out' },
    writers: { state: 'open', detail: '1 open', next: 'take it back', open: ['x'] },
    topics: { ready: false, detail: ['PT-9022 a', 'PT-9022 b'] },
    services: {
      intake: { url: 'http://a:7001', ready: true },
      attestation: { url: 'http://a:7006', ready: false, detail: 'mongodb: away' },
      receipt: { url: 'http://a:7004', ready: true, warnings: [{ code: 'PT-9040', detail: 'y' }] },
    },
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are control characters
  const lines = table.replace(/\u001b\[\d+m/g, '').split('\n')
  const [head = '', ...rows] = lines
  const at = (name: string) => head.indexOf(name)
  const cells = rows.map((row) => ({
    sign: row.slice(0, at('what')).trim(),
    what: row.slice(at('what'), at('where')).trim(),
    where: row.slice(at('where'), at('what to do')).trim(),
    next: row.slice(at('what to do')).trim(),
  }))
  expect(cells).toEqual([
    { sign: '✓', what: 'kafka', where: 'kafka:9092', next: '' },
    {
      ...{ sign: '✗', what: 'registry', where: 'no address known' },
      next: 'start everything with `npm start`, or set its address',
    },
    {
      ...{ sign: '✗', what: 'mongodb', where: 'mongodb://ann:…@a configured timed out' },
      next: 'bring it back; docs/runbook.md#a-server-is-away',
    },
    { sign: '◐', what: 'who writes', where: '1 open', next: 'take it back' },
    { sign: '✗', what: 'topics', where: '2 differ', next: 'run the commands below' },
    { sign: '✓', what: 'intake', where: 'http://a:7001', next: '' },
    {
      ...{ sign: '✗', what: 'attestation', where: 'http://a:7006 mongodb: away' },
      next: 'read its log; docs/runbook.md',
    },
    { sign: '◐', what: 'receipt', where: 'http://a:7004', next: '' },
  ])
})
