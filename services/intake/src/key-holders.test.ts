import { Refusal } from '@prooftrail/runtime'
import { describe, expect, test } from 'vitest'
import {
  AT,
  aContext,
  agentKey,
  anAgent,
  announcedAgent,
  announcedTool,
  aTool,
  intakeKey,
  otherKey,
  publicKey,
  toolKey,
} from './intake.fixtures.ts'
import { claimAll, claimsIn, openKeyHolders } from './key-holders.ts'
import { intake } from './service.ts'
import type { AgentInput, IntakeInput, State, ToolInput } from './state.ts'

const { decide, evolve } = intake

const absent: State = { status: 'absent' }

describe('given keys that are registered', () => {
  test('when they are asked for, then each is found with its party, services first', async () => {
    const asked: unknown[] = []
    const find = async (filter: unknown) => {
      asked.push(filter)
      const agent: State = { status: 'agent', agent: anAgent() }
      const tool: State = { status: 'tool', tool: aTool() }
      return [
        { id: 'agent/agent-1', state: agent },
        { id: 'tool/settling', state: tool },
      ]
    }
    const holders = openKeyHolders({ find }, [{ kid: intakeKey.key_id, party: 'intake' }])
    const kids = [agentKey, toolKey, intakeKey, otherKey].map(({ key_id }) => key_id)
    expect(await holders.find([...kids, '.*'])).toEqual(
      new Map([
        [agentKey.key_id, 'agent/agent-1'],
        [toolKey.key_id, 'tool/settling'],
        [intakeKey.key_id, 'intake'],
      ]),
    )
    expect(asked).toEqual([{ 'ix.kids': { $exists: true, $regex: kids.join('|') } }])
  })

  test('when nothing that can be a key is asked for, then nothing is read', async () => {
    const find = async () => {
      throw new Error('read')
    }
    expect(await openKeyHolders({ find }, []).find(['.*', ''])).toEqual(new Map())
  })
})

describe('given a key that another party holds', () => {
  test('when an agent announces it, then the announcement is parked', () => {
    const holders = new Map([[agentKey.key_id, 'tool/settling']])
    expect(refusalOf(announcedAgent(), holders)).toMatchObject({
      code: 'PT-1048',
      detail: `${agentKey.key_id} belongs to tool/settling`,
    })
  })

  test('when a tool announces it, signed by it, then the announcement is parked', () => {
    const holders = new Map([[toolKey.key_id, 'tool/other']])
    expect(refusalOf(announcedTool(), holders)).toMatchObject({ code: 'PT-1048' })
  })

  test('when its own party announces it again, then that is no fault', () => {
    const holders = new Map([[agentKey.key_id, 'agent/agent-1']])
    expect(decide(absent, announcedAgent(), aContext({ holders }))).toHaveLength(1)
  })
})

test('given a key of nobody, when two parties of one wave announce it, then the first holds it', () => {
  const first = announcedAgent({ agent_id: 'agent-8', keys: [publicKey(otherKey)] })
  const second = announcedAgent({ agent_id: 'agent-9', keys: [publicKey(otherKey)] })
  const holders = claimAll(new Map(), claimsIn(ofNew(first, second), aContext().isDoors))
  expect(decide(absent, first, aContext({ holders }))).toHaveLength(1)
  expect(refusalOf(second, holders)).toMatchObject({ code: 'PT-1048' })
})

test('given a key that somebody names without holding it, then its holder is not kept from it', () => {
  const { signature: _, ...unsigned } = announcedTool({ tool: 'another' }, otherKey).data
  const forged: ToolInput = {
    ...announcedTool(),
    data: { ...unsigned, tool: 'squatter', key: publicKey(toolKey), signature: 'AAAA' },
  }
  const named = announcedTool({ tool: 'squatter', next_key: publicKey(toolKey) }, otherKey)
  const unsaid: AgentInput = announcedAgent({ keys: [publicKey(toolKey)] }, AT, otherKey)
  const honest = announcedTool()
  const claims = claimsIn(ofNew(forged, named, unsaid, honest), aContext().isDoors)
  const holders = claimAll(new Map(), claims)
  expect(holders.get(toolKey.key_id)).toBe('tool/settling')
  expect(decide(absent, honest, aContext({ holders }))).toHaveLength(1)
  expect(refusalOf(forged, holders).code).toBe('PT-1041')
  expect(refusalOf(named, holders).code).toBe('PT-1041')
  expect(refusalOf(unsaid, holders).code).toBe('PT-1057')
})

test('given a key that is registered for whoever names it, then nobody is asked whose it is', () => {
  const input = announcedTool()
  const tool = decide(absent, input, aContext()).reduce(evolve, absent)
  const again = announcedTool({ version: '1.1.0' })
  const next = announcedTool({ version: '1.1.0', next_key: publicKey(otherKey) })
  const { isDoors } = aContext()
  expect(claimsIn([{ state: tool, input: again }], isDoors)).toEqual([])
  // nobody shows the next key here: not even that is asked for
  expect(claimsIn([{ state: tool, input: next }], isDoors)).toEqual([])
  expect(claimsIn([{ state: absent, input }], isDoors)).toEqual([
    { party: 'tool/settling', keyIds: [toolKey.key_id] },
  ])
})

/** Inputs of a wave, each of a document that is not there yet. */
function ofNew(...inputs: IntakeInput[]) {
  return inputs.map((input) => ({ state: absent, input }))
}

function refusalOf(input: Parameters<typeof decide>[1], holders: Map<string, string>): Refusal {
  try {
    decide(absent, input, aContext({ holders }))
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}
