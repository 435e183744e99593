import { aclsFor, brokerAcls, topicFor } from '@prooftrail/contracts'
import { expect, test } from 'vitest'
import { partiesHere } from './parties.ts'
import { finding } from './who-may-write.ts'

const remote = { brokers: ['kafka:9092'] }
const names = [topicFor('funding.received'), topicFor('credits.held'), '__consumer_offsets']
const granted = brokerAcls(partiesHere().flatMap((party) => aclsFor(party)))
const agent = brokerAcls(aclsFor({ kind: 'agent', name: 'agent-1' }))

test('what the catalogue says is closed, and there is nothing to do', () => {
  const found = finding({ state: 'known', acls: [...granted, ...agent] }, names, remote)
  expect(found).toMatchObject({ state: 'closed', open: [] })
  expect(found).not.toHaveProperty('next')
})

test('every topic that is open has a line, and there is something to do', () => {
  const [first] = agent
  if (first === undefined) throw new Error('an agent may write something')
  const more = { ...first, resourceName: topicFor('funding.received') }
  expect(finding({ state: 'known', acls: [...granted, more] }, names, remote)).toMatchObject({
    state: 'open',
    next: expect.stringContaining('take these ACLs back'),
    open: [`${topicFor('funding.received')}: User:prooftrail-agent-agent-1 may write it`],
  })
})

test('a broker that asks nobody is a warning, unless it is this machine’s alone', () => {
  expect(finding({ state: 'none' }, names, remote)).toMatchObject({
    state: 'nobody is asked',
    next: expect.stringContaining('acls --apply'),
  })
  const local = finding({ state: 'none' }, names, { brokers: ['127.0.0.1:9092', 'localhost:1'] })
  expect(local).not.toHaveProperty('next')
})

test('a user who may not see ACLs is told whom to ask as', () => {
  const found = finding({ state: 'hidden' }, names, remote)
  expect(found).toMatchObject({ state: 'not told', next: expect.stringContaining('doctor') })
})
