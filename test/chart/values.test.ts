/** The chart's values agree with its schema, the introductions of services and the catalogue. */
import { readFileSync } from 'node:fs'
import { TOPIC_NAMES, topicFor, topics } from '@prooftrail/contracts'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { CHART_RULES } from '../../deploy/observability/generate.ts'
import { rulesYaml } from '../../deploy/observability/render/rules.ts'
import { readIntroductions } from '../../packages/contracts/codegen/service-files.ts'
import { filesBelow, ROOT, readText } from '../repo/files.ts'

const CHART = 'deploy/helm/prooftrail'
const values = parse(readText(`${CHART}/values.yaml`))
const schema = JSON.parse(readText(`${CHART}/values.schema.json`))
const isValues = new Ajv({ strict: false }).compile(schema)
const { services, tools } = readIntroductions(ROOT)
const names = [...services, ...tools].map(({ name }) => name)

describe('given the values of the chart', () => {
  test('then their schema takes them, and not what it does not know', () => {
    expect(isValues(values) || isValues.errors).toBe(true)
    const bad = [
      { ...values, replica: 3 },
      { ...values, mongodb: { ...values.mongodb, url: 'mongodb://user:password@host' } },
      { ...values, overrides: { intake: { replicas: 0 } } },
      { ...values, services: {} },
    ]
    expect(bad.map((one) => isValues(one))).toEqual([false, false, false, false])
  })

  test('then every service and tool of the repository runs, and doors, outward and scaled are of them', () => {
    expect(Object.keys(values.services).sort()).toEqual([...names].sort())
    const named = [...values.doors, ...values.outward, ...values.keda.services]
    expect(named.filter((name) => !names.includes(name))).toEqual([])
  })

  test('then no secret is a value', () => {
    const files = filesBelow(CHART).map((path) => readText(path))
    expect(files.filter((text) => /kind: Secret\b/.test(text))).toEqual([])
  })

  test('then its rules are those of the one source of alerts: npm run observability', () => {
    expect(readFileSync(CHART_RULES, 'utf8')).toBe(rulesYaml())
  })

  test('then topics of Strimzi are those of the catalogue, with what each promises', () => {
    const kafka: {
      topics: { name: string; partitions?: number; config: Record<string, string> }[]
    } = parse(readText(`${CHART}/files/kafka.yaml`))
    const wanted = TOPIC_NAMES.flatMap((name) =>
      topics[name].per_tool === true
        ? tools.map((tool) => topicFor(name, tool.name))
        : [topicFor(name)],
    )
    expect(kafka.topics.map(({ name }) => name).sort()).toEqual(wanted.sort())
    const ledger = kafka.topics.find(({ name }) => name === topicFor('ledger.appended'))
    expect(ledger).toMatchObject({
      partitions: 1,
      config: { 'retention.ms': '-1', 'message.timestamp.type': 'LogAppendTime' },
    })
  })
})
