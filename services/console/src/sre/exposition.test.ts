import { expect, test } from 'vitest'
import { exposedIn, seriesIn } from './exposition.ts'

const TEXT = `# HELP prooftrail_runs Runs
# TYPE prooftrail_runs gauge
prooftrail_runs{state="a b",service="console"} 3
prooftrail_runs{state="with \\"quotes\\", } and \\\\",service="console"} 1e3
prooftrail_seal_seconds_bucket{le="0.1",service="console"} 4 # {trace_id="ab}c"} 0.05 1.5
prooftrail_seal_seconds_bucket{le="+Inf",service="console"} 5
prooftrail_up 1
prooftrail_unknown NaN
prooftrail_broken{le="0.1 4
prooftrail_other{a="b"} 9
# EOF
`

const wanted = new Set(
  ['runs', 'seal_seconds_bucket', 'up', 'unknown', 'broken'].map((one) => `prooftrail_${one}`),
)

test('the wanted series of a text are read with labels that hold anything, exemplars left aside', () => {
  const read = [...exposedIn(TEXT, wanted)].map(({ key, value }) => ({ ...seriesIn(key), value }))
  expect(read).toEqual([
    { name: 'prooftrail_runs', labels: { state: 'a b', service: 'console' }, value: 3 },
    {
      name: 'prooftrail_runs',
      labels: { state: 'with "quotes", } and \\', service: 'console' },
      value: 1000,
    },
    { name: 'prooftrail_seal_seconds_bucket', labels: { le: '0.1', service: 'console' }, value: 4 },
    {
      name: 'prooftrail_seal_seconds_bucket',
      labels: { le: '+Inf', service: 'console' },
      value: 5,
    },
    { name: 'prooftrail_up', labels: {}, value: 1 },
    { name: 'prooftrail_unknown', labels: {}, value: Number.NaN },
  ])
})

test.each([
  ['names without a value', 'a'.repeat(100_000)],
  ['values one in the other', 'a="'.repeat(30_000)],
  ['commas', ',a'.repeat(50_000)],
])('labels that are none cost no more than their length: %s', (_, labels) => {
  const began = performance.now()
  expect(seriesIn(`prooftrail_up{${labels}}`).name).toBe('prooftrail_up')
  expect([...exposedIn(`prooftrail_up{${labels}} 1`, wanted)].length).toBeLessThan(2)
  expect(performance.now() - began).toBeLessThan(1_000)
})
