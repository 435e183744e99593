import { Refusal } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import { accountsIn, claimAccounts } from './account-holders.ts'
import {
  AT,
  aContext,
  agentKey,
  announcedAgent,
  otherKey,
  publicKey,
  seconds,
} from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { AgentInput, State } from './state.ts'

const { decide, evolve, route } = intake

const absent: State = { status: 'absent' }
const LATER = '2026-11-23T12:30:00.000Z'

describe('given an agent that nobody announced', () => {
  test('when it is announced, then it is registered and its key counts from five minutes before', () => {
    const input = announcedAgent({ tools: ['settling', 'settling'], account: 'team-1' })
    expect(decide(absent, input, aContext())).toEqual([
      {
        type: 'agent.registered',
        data: {
          agent_id: 'agent-1',
          keys: [{ ...publicKey(agentKey), nbf: seconds(AT, -300) }],
          account: 'team-1',
          tools: ['settling'],
          registered_at: AT,
          revision: 0,
          announced_at: input.data.announced_at,
        },
      },
    ])
  })

  test.each([
    ['no key', { keys: [] }, /keys/],
    ['a wrong kid', { keys: [{ ...publicKey(agentKey), kid: 'k' }] }, /kid/],
    ['a key that is none', { keys: [{ kid: 'k', x: 'AAAA' }] }, /x is no Ed25519/],
    ['an account with a slash', { account: 'a/b' }, /account/],
    ['an id with a slash', { agent_id: 'a/b' }, /agent_id/],
    ['a tool that is no name', { tools: ['Not A Tool'] }, /tools/],
  ])('when it is announced with %s, then it is parked', (_, changes, detail) => {
    const refusal = refusalOf(absent, announcedAgent(changes))
    expect(refusal).toMatchObject({ code: 'PT-1050', detail: expect.stringMatching(detail) })
  })
})

describe('given a registered agent', () => {
  const state = after(absent, announcedAgent())

  test('when the same is said again, then nothing happens', () => {
    expect(decide(state, announcedAgent({}, LATER), aContext())).toEqual([])
  })

  test('when it is announced with another key, then the first one stays', () => {
    const input = announcedAgent({ keys: [publicKey(otherKey)] }, LATER)
    expect(decide(state, input, aContext())).toMatchObject([
      {
        data: {
          keys: [
            { kid: agentKey.key_id, nbf: seconds(AT, -300) },
            { kid: otherKey.key_id, nbf: seconds(LATER, -300) },
          ],
          registered_at: AT,
          revision: 1,
        },
      },
    ])
  })

  test('when an operator revokes a key, then it is told since when and why, and the others stay', () => {
    const two = after(state, announcedAgent({ keys: [publicKey(otherKey)] }))
    const word = announcedAgent({ keys: [], revoke: agentKey.key_id, reason: 'stolen' }, LATER)
    expect(decide(two, word, aContext())).toMatchObject([
      {
        data: {
          keys: [
            { kid: agentKey.key_id, revoked_at: seconds(LATER), revoked_for: 'stolen' },
            { kid: otherKey.key_id },
          ],
        },
      },
    ])
    const unknown = announcedAgent({ keys: [], revoke: otherKey.key_id })
    expect(refusalOf(state, unknown)).toMatchObject({ code: 'PT-1058' })
  })

  test('when somebody else than intake says it, then it is parked', () => {
    const stranger = announcedAgent({ keys: [publicKey(otherKey)] }, LATER, otherKey)
    expect(refusalOf(state, stranger)).toMatchObject({ code: 'PT-1057' })
    const { signature: _, key_id: __, ...unsigned } = announcedAgent({}, LATER).data
    const said = { ...announcedAgent({}, LATER), data: { ...unsigned, account: 'mine' } }
    expect(refusalOf(state, said)).toMatchObject({ code: 'PT-1057' })
  })

  test('when another names its account, then it does not get it, in the same wave neither', () => {
    const other = announcedAgent({ agent_id: 'agent-2', keys: [publicKey(otherKey)] })
    const accounts = new Map([['agent-1', 'agent/agent-1']])
    expect(refusalOf(absent, other, aContext({ accounts }))).toMatchObject({ code: 'PT-1055' })
    const claims = accountsIn([announcedAgent(), other], aContext().isDoors)
    expect(claimAccounts(new Map(), claims)).toEqual(accounts)
    const own = announcedAgent({ tools: ['settling'] })
    expect(decide(state, own, aContext({ accounts }))).toHaveLength(1)
  })

  test('when an old announcement comes again, then it changes nothing, quietly', () => {
    const old = announcedAgent({ account: 'old' })
    const now = after(after(state, old), announcedAgent({ account: 'new' }))
    expect(refusalOf(now, old)).toMatchObject({ code: 'PT-1049', isQuiet: true })
  })

  test('when it is announced with other tools, then those count', () => {
    const narrowed = after(state, announcedAgent({ tools: ['other'] }))
    expect(narrowed).toMatchObject({ agent: { tools: ['other'] } })
    expect(after(narrowed, announcedAgent())).not.toHaveProperty('agent.tools')
  })

  test('when a key is announced with an end, then the end may come sooner but never later', () => {
    const ends = (exp: string) =>
      announcedAgent({ keys: [{ ...publicKey(agentKey), exp: seconds(exp) }] })
    const ending = after(state, ends(LATER))
    expect(ending).toMatchObject({ agent: { keys: [{ exp: seconds(LATER) }] } })
    expect(decide(ending, ends('2027-01-01T00:00:00.000Z'), aContext())).toEqual([])
    expect(after(ending, ends(AT))).toMatchObject({ agent: { keys: [{ exp: seconds(AT) }] } })
  })
})

test('given an announcement, when its message key is another agent, then it is parked', () => {
  expect(route(announcedAgent())).toBe('agent/agent-1')
  expect(() => route({ ...announcedAgent(), key: 'agent-2' })).toThrow(/PT-1001/)
})

function after(state: State, input: AgentInput): State {
  return decide(state, input, aContext()).reduce(evolve, state)
}

function refusalOf(state: State, input: AgentInput, context = aContext()): Refusal {
  try {
    decide(state, input, context)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('not refused')
}
