import { aclsFor } from '@prooftrail/contracts'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { aclTable, kafkaAclLines, kafkaUsers } from './forms.ts'
import { partiesHere } from './parties.ts'

const agent = aclsFor({ kind: 'agent', name: 'agent-1' })

test('rules are lines of kafka-acls, one for all resources that share what is granted', () => {
  const lines = kafkaAclLines(aclsFor({ kind: 'tool', name: 'tokenops' }))
  expect(lines).toMatchInlineSnapshot(`
    "kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties --add --allow-principal User:prooftrail-tool-tokenops --operation Write --operation DescribeConfigs \\
      --topic prooftrail.tool.announced.v1 \\
      --topic prooftrail.execution.progressed.v1 \\
      --topic prooftrail.result.produced.v1 \\
      --topic prooftrail.tool.parked.v1
    kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties --add --allow-principal User:prooftrail-tool-tokenops --operation Read --operation DescribeConfigs \\
      --topic prooftrail.execution.commanded.tokenops.v1
    kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties --add --allow-principal User:prooftrail-tool-tokenops --operation Read --resource-pattern-type prefixed \\
      --group prooftrail.tokenops@
    kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties --add --deny-principal User:prooftrail-tool-tokenops --operation All \\
      --transactional-id '*'
    "
  `)
  const dispatch = kafkaAclLines(aclsFor({ kind: 'service', name: 'dispatch' }))
  expect(dispatch).toContain('--resource-pattern-type prefixed')
  expect(dispatch).toContain('--topic prooftrail.execution.commanded.')
  expect(dispatch).toMatch(/--operation Describe \\\n {2}--cluster\n/)
})

test('every rule is in the lines: nothing is lost by joining', () => {
  const rules = partiesHere().flatMap((party) => aclsFor(party))
  const lines = kafkaAclLines(rules)
  const named = lines.match(/^ {2}--(topic|group|transactional-id|cluster)/gm) ?? []
  expect(named).toHaveLength(rules.length)
})

test('rules are KafkaUsers of Strimzi with a password each', () => {
  const [first, ...rest] = parseAllDocuments(kafkaUsers(agent, 'main')).map((one) => one.toJS())
  expect(rest).toEqual([])
  expect(first).toMatchObject({
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaUser',
    metadata: { name: 'prooftrail-agent-agent-1', labels: { 'strimzi.io/cluster': 'main' } },
    spec: { authentication: { type: 'scram-sha-512' }, authorization: { type: 'simple' } },
  })
  expect(first.spec.authorization.acls).toContainEqual({
    resource: {
      type: 'topic',
      name: 'prooftrail.work-order.submitted.v1',
      patternType: 'literal',
    },
    operations: ['Write'],
    host: '*',
  })
  expect(first.spec.authorization.acls).toContainEqual({
    type: 'deny',
    resource: { type: 'transactionalId', name: '*', patternType: 'literal' },
    operations: ['All'],
    host: '*',
  })
  const all = parseAllDocuments(
    kafkaUsers(
      partiesHere().flatMap((party) => aclsFor(party)),
      'main',
    ),
  )
  expect(all).toHaveLength(partiesHere().length)
})

test('rules are a table whose columns stand under each other', () => {
  const [head = '', ...rows] = aclTable(agent)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are control characters
    .replace(/\u001b\[\d+m/g, '')
    .split('\n')
  const at = head.indexOf('may')
  expect(rows.every((row) => row[at - 1] === ' ' && row[at] !== ' ')).toBe(true)
})
