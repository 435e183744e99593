import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { senderOf, TOPIC_NAMES, topicFor, topics } from '../topics.ts'
import { type AclRule, aclsFor } from './acl-table.ts'
import { isOutsider, isUserOf, userOf } from './parties.ts'

/** Full names of the topics, prefixes with a star, that a party may do something with. */
function may(rules: readonly AclRule[], operation: AclRule['operations'][number]): string[] {
  return rules
    .filter(({ resource, permission }) => resource === 'topic' && permission === 'allow')
    .filter(({ operations }) => operations.includes(operation))
    .map(({ name, pattern }) => (pattern === 'prefixed' ? `${name}*` : name))
}

describe('who may write and read what follows from the catalogue', () => {
  const services = [
    ...new Set(TOPIC_NAMES.flatMap((name) => [...topics[name].writers, ...topics[name].readers])),
  ].filter((party) => party !== 'executor' && party !== 'agent')

  test.each(services)('%s writes and reads what names it, and nothing else (W1)', (name) => {
    const rules = aclsFor({ kind: 'service', name })
    const named = (role: 'writers' | 'readers') =>
      TOPIC_NAMES.filter(
        (topic) => topics[topic][role].includes(name) || senderOf(topics[topic]) === name,
      ).map((topic) =>
        topics[topic].per_tool ? topicFor(topic, 'x1').replace(/x1.*/, '*') : topicFor(topic),
      )
    expect(may(rules, 'Write')).toEqual(named('writers'))
    expect(may(rules, 'Read')).toEqual(named('readers'))
    expect(may(rules, 'All')).toEqual([])
  })

  test('a tool announces, tells of its runs and parks, and reads its own commands alone (W1)', () => {
    const rules = aclsFor({ kind: 'tool', name: 'tokenops' })
    expect(may(rules, 'Write')).toEqual(
      (['tool.announced', 'execution.progressed', 'result.produced', 'tool.parked'] as const).map(
        (name) => topicFor(name),
      ),
    )
    expect(may(rules, 'Read')).toEqual(['prooftrail.execution.commanded.tokenops.v1'])
  })

  test('an agent writes what agents sign, and reads nothing (W1)', () => {
    const rules = aclsFor({ kind: 'agent', name: 'agent-1' })
    const signed = TOPIC_NAMES.filter((name) => topics[name].writers.includes('agent'))
    expect(may(rules, 'Write')).toEqual(signed.map((name) => topicFor(name)))
    expect(may(rules, 'Read')).toEqual([])
    expect(rules.some(({ resource }) => resource === 'group')).toBe(false)
  })

  test('what is sent again is read and written by one service, whose words it is, or that judges it (W4)', () => {
    const senders = Object.fromEntries(TOPIC_NAMES.map((name) => [name, senderOf(topics[name])]))
    expect(senders).toMatchObject({
      ...{ 'work-order.submitted': 'intake', 'tool.announced': 'intake' },
      ...{ 'result.produced': 'dispatch', 'execution.progressed': 'dispatch' },
      ...{ 'recovery.requested': 'dispatch', 'execution.commanded': 'dispatch' },
      ...{ 'credits.held': 'receipt', 'ledger.appended': 'attestation' },
      ...{ parked: undefined, 'tool.parked': undefined, 'parked.decided': undefined },
    })
    const none = TOPIC_NAMES.filter((name) => senders[name] === undefined)
    expect(none.filter((name) => !name.includes('parked'))).toEqual([])
  })

  test('outsiders are denied transactions, and nobody is allowed one (W3)', () => {
    const outside = [
      { kind: 'tool', name: 'tokenops' },
      { kind: 'agent', name: 'a' },
    ] as const
    for (const party of outside) {
      expect(aclsFor(party)).toContainEqual({
        ...{ user: userOf(party), permission: 'deny', operations: ['All'] },
        ...{ resource: 'transactional-id', name: '*', pattern: 'literal' },
      })
    }
    const all = [...services.map((name) => ({ kind: 'service' as const, name })), ...outside]
    const allowed = all
      .flatMap((party) => aclsFor(party))
      .filter(({ permission }) => permission === 'allow')
    expect(allowed.filter(({ resource }) => resource === 'transactional-id')).toEqual([])
  })

  test('no two parties share a group (W2)', () => {
    const groups = [
      ...services.map((name) => ({ kind: 'service' as const, name })),
      { kind: 'tool' as const, name: 'intake' },
      { kind: 'tool' as const, name: 'tokenops' },
    ].flatMap((party) =>
      aclsFor(party).filter(
        ({ resource, operations }) => resource === 'group' && operations.includes('Read'),
      ),
    )
    for (const one of groups) {
      const others = groups.filter(({ user }) => user !== one.user)
      expect(
        others.filter(({ name, pattern }) => pattern === 'prefixed' && one.name.startsWith(name)),
      ).toEqual([])
      expect(others.filter(({ name }) => name === one.name)).toEqual([])
    }
  })

  test('a topic that is new is granted without another word', () => {
    const catalogue = [{ template: 'prooftrail.x.v1', writers: ['agent'], readers: ['console'] }]
    expect(may(aclsFor({ kind: 'agent', name: 'a' }, catalogue), 'Write')).toEqual([
      'prooftrail.x.v1',
    ])
    expect(may(aclsFor({ kind: 'service', name: 'console' }, catalogue), 'Read')).toEqual([
      'prooftrail.x.v1',
    ])
  })
})

describe('users', () => {
  test('are names that Kubernetes takes, and say whose they are', () => {
    const label = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 200 }), (name) => {
        const user = userOf({ kind: 'agent', name })
        expect(user).toMatch(label)
        expect(user.length).toBeLessThanOrEqual(63)
        expect(isUserOf(user, ['agent'])).toBe(true)
        expect(isUserOf(user, ['executor', 'intake', name])).toBe(false)
        expect(isOutsider(user)).toBe(true)
      }),
    )
  })

  test('differ where names differ', () => {
    const names = ['a_b', 'a-b', 'A-b', 'a.b', 'a b', 'a-b.1', '-', '--', 'ab']
    const users = names.map((name) => userOf({ kind: 'agent', name }))
    expect(new Set(users).size).toBe(names.length)
    const plain = fc.stringMatching(/^[a-z0-9-]{1,20}$/)
    fc.assert(
      fc.property(plain, fc.string({ minLength: 1 }), (one, other) => {
        fc.pre(one !== other)
        const user = (name: string) => userOf({ kind: 'agent', name })
        expect(user(one)).not.toBe(user(other))
      }),
    )
  })

  test('what has no name has no user', () => {
    expect(() => userOf({ kind: 'agent', name: '' })).toThrow(RangeError)
    expect(() => userOf({ kind: 'tool', name: '../x' })).toThrow(RangeError)
  })
})
