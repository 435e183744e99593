import { Refusal } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
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
    const refusal = refusalOf(announcedAgent(changes))
    expect(refusal).toMatchObject({ code: 'PT-1050', detail: expect.stringMatching(detail) })
  })
})

describe('given a registered agent', () => {
  const state = after(absent, announcedAgent())

  test('when the same is said again, then nothing happens', () => {
    expect(decide(state, announcedAgent({ announced_at: LATER }, LATER), aContext())).toEqual([])
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

function refusalOf(input: AgentInput): Refusal {
  try {
    decide(absent, input, aContext())
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('not refused')
}
