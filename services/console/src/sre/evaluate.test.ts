import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PANELS } from '../generated/panels.ts'
import { evaluate } from './evaluate.ts'
import { queriesOf } from './history.ts'
import type { PageQuery, PanelRead } from './panels.ts'
import { Samples } from './samples.ts'

/** Samples lie 5 s apart from 0 s to 120 s; what stands at 122 s is asked. */
const EVERY = 5
const MOMENTS = 25
const AT = 122
const WINDOW = 60
const INSTANCES = ['10.0.0.1:7001', '10.0.0.2:7001'] as const

interface Drawn {
  name: string
  labels: Record<string, string>
  /** `undefined`: the scrape of that moment had no such series. */
  values: (number | undefined)[]
}

const queries = [...new Map(queriesOf(PANELS).map((one) => [one.promql, one])).values()]

describe('what a panel asks', () => {
  const isThere = spawnSync('promtool', ['--version']).status === 0
  if (!isThere) process.stderr.write('promtool is not installed: panels are not compared with it\n')

  test.skipIf(!isThere)(
    'comes to the same here as in Prometheus, every query of every panel on series that are drawn',
    () => {
      const worlds = fc.sample(worldArb, 12)
      const dir = mkdtempSync(join(tmpdir(), 'prooftrail-panels-'))
      onTestFinished(() => rmSync(dir, { recursive: true }))
      const tests = worlds.map((world) => {
        const samples = samplesOf(world)
        return {
          interval: `${EVERY}s`,
          input_series: world.map((one) => ({ series: written(one), values: valuesOf(one) })),
          promql_expr_test: queries.map((query) => expectedOf(query, samples)),
        }
      })
      // some of what is compared is a number
      const told = tests.flatMap((one) => one.promql_expr_test.flatMap((each) => each.exp_samples))
      expect(told.length).toBeGreaterThan(queries.length * 4)
      const file = { evaluation_interval: `${EVERY}s`, rule_files: [], tests }
      writeFileSync(join(dir, 'panels.test.yml'), JSON.stringify(file))
      const { status, stdout, stderr } = spawnSync(
        'promtool',
        ['test', 'rules', 'panels.test.yml'],
        {
          ...{ cwd: dir, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
        },
      )
      expect(`${status} ${(stdout + stderr).slice(0, 3_000)}`).toMatch(/^0 [\s\S]*SUCCESS/)
    },
    60_000,
  )

  test('is none of a process that does not answer', () => {
    const samples = new Samples(WINDOW)
    const target = { service: 'intake', instance: 'one' }
    const read = { read: 'value', of: 'max', metric: 'lag', where: {}, by: ['service'] } as const
    samples.add(target, 0, [{ key: 'lag', value: 3 }])
    expect(evaluate(read, samples, 1)).toEqual([{ labels: { service: 'intake' }, value: 3 }])
    samples.add(target, 5, undefined)
    expect(evaluate(read, samples, 6)).toEqual([])
  })

  test('has no rate until a counter was read twice', () => {
    const samples = new Samples(WINDOW)
    const target = { service: 'intake', instance: 'one' }
    const read = { read: 'rate', metric: 'made_total', where: {}, by: [] } as const
    samples.add(target, 0, [{ key: 'made_total', value: 3 }])
    expect(evaluate(read, samples, 1)).toEqual([])
    samples.add(target, 5, [{ key: 'made_total', value: 13 }])
    expect(evaluate(read, samples, 6)[0]?.value).toBeGreaterThan(0)
  })
})

/** The metrics of all panels, each with the labels that some query names, and their values. */
const labelsOf = new Map<string, Map<string, Set<string>>>()
for (const { read } of queries) note(read)

function note(read: PanelRead): void {
  if (read.read === 'ratio' || read.read === 'until') {
    note(read.of)
    if (read.read === 'ratio') note(read.to)
    return
  }
  const name = read.read === 'quantile' ? `${read.metric}_bucket` : read.metric
  const labels = labelsOf.get(name) ?? new Map<string, Set<string>>([['service', new Set()]])
  const valuesFor = (label: string) => labels.get(label) ?? new Set(['some', 'other'])
  for (const label of read.by) if (label !== 'instance') labels.set(label, valuesFor(label))
  for (const [label, form] of Object.entries(read.where)) {
    const values = valuesFor(label)
    for (const one of form.replace(/^(!~|~|!)/, '').split('|')) values.add(one)
    labels.set(label, values)
  }
  labelsOf.set(name, labels)
}

const LES = ['0.1', '0.5', '1', '5', '+Inf'] as const

/** A counter that grows, stands and now and then begins anew, with moments at which it was not read. */
const counterArb = fc
  .array(
    fc.record({ grows: fc.nat(40), kind: fc.constantFrom('on', 'on', 'on', 'on', 'gap', 'anew') }),
    {
      minLength: MOMENTS,
      maxLength: MOMENTS,
    },
  )
  .map((steps) => {
    let value = 7
    return steps.map(({ grows, kind }) => {
      value = kind === 'anew' ? grows : value + grows
      return kind === 'gap' ? undefined : value
    })
  })

const gaugeArb = fc.array(fc.double({ min: -1e6, max: 1e9, noNaN: true }), {
  minLength: MOMENTS,
  maxLength: MOMENTS,
})

const worldArb: fc.Arbitrary<Drawn[]> = fc
  .tuple(
    ...[...labelsOf].map(([name, labels]) => {
      const chosen = fc.record(
        Object.fromEntries(
          [...labels].map(([label, values]) => [label, fc.constantFrom('none', ...values)]),
        ),
      )
      const some = fc.uniqueArray(fc.tuple(chosen, fc.constantFrom(...INSTANCES)), {
        ...{ minLength: 1, maxLength: 5, selector: (one) => JSON.stringify(one) },
      })
      const isCounter = /_(total|bucket)$/.test(name)
      return some.chain((all) =>
        fc
          .tuple(...all.map(() => (isCounter ? counterArb : gaugeArb)))
          .map((each) =>
            all.flatMap(([labels, instance], at) =>
              seriesOf(name, { ...labels, instance }, each[at] ?? []),
            ),
          ),
      )
    }),
  )
  .map((all) => all.flat())

/** A series; of a histogram one for each bound, the smaller ones with less. */
function seriesOf(name: string, labels: Record<string, string>, values: Drawn['values']): Drawn[] {
  if (!name.endsWith('_bucket')) return [{ name, labels, values }]
  return LES.map((le, at) => ({
    ...{ name, labels: { ...labels, le } },
    values: values.map((one) => one && Math.floor((one * (at + 1)) / LES.length)),
  }))
}

function samplesOf(world: readonly Drawn[]): Samples {
  const samples = new Samples(WINDOW)
  for (let moment = 0; moment < MOMENTS; moment += 1) {
    for (const instance of INSTANCES) {
      const own = world.filter(({ labels }) => labels.instance === instance)
      // of one process, though each of its series says another service here
      for (const service of new Set(own.map(({ labels }) => labels.service ?? ''))) {
        const said = own.filter(({ labels }) => labels.service === service)
        const exposed = said.flatMap((one) => {
          const value = one.values[moment]
          return value === undefined ? [] : [{ key: written(one), value }]
        })
        samples.add({ service, instance }, moment * EVERY, exposed)
      }
    }
    samples.forget(moment * EVERY)
  }
  return samples
}

function written({ name, labels }: Pick<Drawn, 'name' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return `${name}{${pairs.join(',')}}`
}

/** As promtool takes them: `_` for a moment without. */
function valuesOf({ values }: Drawn): string {
  return values.map((one) => one ?? '_').join(' ')
}

/** Both sides in millionths, as they add in another order; and so that none lies between two. */
const PRECISION = 1e-6
const ASKEW = 1.0000012345

function expectedOf({ promql, read }: PageQuery, samples: Samples) {
  const expr = promql.replaceAll('$__rate_interval', `${WINDOW}s`)
  return {
    expr: `round((${expr}) * ${ASKEW}, ${PRECISION})`,
    eval_time: `${AT}s`,
    exp_samples: evaluate(read, samples, AT).map(({ labels, value }) => ({
      labels: written({ name: '', labels: withoutEmpty(labels) }),
      value: numberOf(Math.floor(value * ASKEW * (1 / PRECISION) + 0.5) / (1 / PRECISION)),
    })),
  }
}

function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function numberOf(value: number): number | string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? value : value > 0 ? '+Inf' : '-Inf'
}
