import { describe, expect, test } from 'vitest'
import { topicFor } from '../topics.ts'
import { aclsFor } from './acl-table.ts'
import {
  type BrokerAcl,
  brokerAcls,
  OPERATION,
  PATTERN,
  PERMISSION,
  readTopicAcls,
} from './broker-acls.ts'
import { openTopics } from './open-topics.ts'

const funding = topicFor('funding.received')
const results = topicFor('result.produced')
const commands = topicFor('execution.commanded', 'tokenops')
const all = [funding, results, commands, topicFor('work-order.submitted'), 'somebody.elses']

const granted = brokerAcls([
  ...['intake', 'dispatch', 'receipt', 'callback', 'attestation', 'console'].flatMap((name) =>
    aclsFor({ kind: 'service', name }),
  ),
  ...aclsFor({ kind: 'tool', name: 'tokenops' }),
  ...aclsFor({ kind: 'tool', name: 'energyops' }),
  ...aclsFor({ kind: 'agent', name: 'agent-1' }),
  ...aclsFor({ kind: 'doctor' }),
])

function entry(over: Partial<BrokerAcl>): BrokerAcl {
  return {
    ...{ resourceType: 2, resourceName: funding, resourcePatternType: PATTERN.literal },
    ...{ principal: 'User:prooftrail-agent-agent-1', host: '*' },
    ...{ operation: OPERATION.Write, permissionType: PERMISSION.allow },
    ...over,
  }
}

describe('a topic is open to more than its parties', () => {
  test('not where what the catalogue says is granted, and nothing else', () => {
    expect(openTopics(granted, all)).toEqual([])
  })

  test.each<[string, Partial<BrokerAcl>, string]>([
    ['by its name', {}, 'User:prooftrail-agent-agent-1'],
    [
      'by a prefix',
      { resourceName: 'prooftrail.f', resourcePatternType: PATTERN.prefixed },
      'User:prooftrail-agent-agent-1',
    ],
    ['by every name', { resourceName: '*', principal: 'User:*' }, 'User:*'],
    ['by every operation', { operation: OPERATION.All, principal: 'User:ann' }, 'User:ann'],
    ['to another service', { principal: 'User:prooftrail-intake' }, 'User:prooftrail-intake'],
    [
      'to a certificate',
      { principal: 'User:CN=prooftrail-intake,O=x' },
      'User:CN=prooftrail-intake,O=x',
    ],
    ['from one address', { host: '10.0.0.7' }, 'User:prooftrail-agent-agent-1'],
  ])('where writing is granted %s', (_, over, principal) => {
    expect(openTopics([...granted, entry(over)], [funding])).toContainEqual({
      topic: funding,
      may: 'write',
      principals: [principal],
    })
  })

  test('not to its writer under a certificate of its name', () => {
    const own = entry({ principal: 'User:CN=prooftrail-receipt,OU=x' })
    expect(openTopics([own], [funding])).toEqual([])
  })

  test('where an outsider or everybody may read it, and where one tool reads another’s commands', () => {
    const read = { operation: OPERATION.Read }
    const found = (over: Partial<BrokerAcl>, topic: string) =>
      openTopics([entry({ ...read, resourceName: topic, ...over })], [topic]).map(({ may }) => may)
    expect(found({}, results)).toEqual(['read'])
    expect(found({ principal: 'User:*' }, results)).toEqual(['read'])
    expect(found({ principal: 'User:prooftrail-tool-energyops' }, commands)).toEqual(['read'])
    expect(found({ principal: 'User:prooftrail-tool-tokenops' }, commands)).toEqual([])
    // an archive of the operator's
    expect(found({ principal: 'User:archive' }, results)).toEqual([])
  })

  test('not where all that was granted is denied again', () => {
    const deny = (over: Partial<BrokerAcl>) =>
      openTopics([entry({}), entry({ permissionType: PERMISSION.deny, ...over })], [funding])
    expect(deny({}).filter(({ principals }) => principals.length > 0)).toEqual([])
    expect(deny({ principal: 'User:*', operation: OPERATION.All, resourceName: '*' })).toEqual([])
    expect(deny({ host: '10.0.0.7' })).toHaveLength(1)
    expect(deny({ principal: 'User:ann' })).toHaveLength(1)
    expect(deny({ operation: OPERATION.Read })).toHaveLength(1)
  })

  test('where no entry names it: then a broker may let everybody', () => {
    expect(openTopics([], [funding])).toEqual([{ topic: funding, may: 'write', principals: [] }])
    expect(openTopics([], ['somebody.elses'])).toEqual([])
  })
})

describe('what the broker answers', () => {
  const admin = (error: object) => ({
    describeAcls: async () => {
      throw Object.assign(new Error('wrapped'), { cause: Object.assign(new Error('x'), error) })
    },
  })
  test('is that it asks nobody, that it does not tell, or an outage', async () => {
    expect(await readTopicAcls(admin({ type: 'SECURITY_DISABLED' }))).toEqual({ state: 'none' })
    const hidden = { type: 'CLUSTER_AUTHORIZATION_FAILED' }
    expect(await readTopicAcls(admin(hidden))).toEqual({ state: 'hidden' })
    await expect(readTopicAcls(admin({ type: 'NOT_CONTROLLER' }))).rejects.toThrow('wrapped')
  })
})
