import { checkForm } from '@prooftrail/contracts'
import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { changedLink, verifiedBy } from '@prooftrail/testing/trail'
import { Link } from '@prooftrail/trail'
import { canonicalize, readStored, storedText } from '@prooftrail/trail/encoding'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allKeys,
  type Example,
  exampleKeys,
  exampleRun,
  registered,
} from './attestation.fixtures.ts'
import { newestEntry } from './close-trail.ts'
import { due, evolve } from './evolve.ts'
import { attestation } from './service.ts'
import { makeSigner } from './signer.ts'
import {
  type AttestationEvent,
  type AttestationInput,
  type Context,
  initial,
  type State,
} from './state.ts'

const keysById = new Map(allKeys.keys.map((key) => [key.kid, key]))

function context(over: Partial<Context> = {}): Context {
  const nbf = keysById.get(exampleKeys.attestation.key_id)?.nbf
  return {
    verified: verifiedBy(...Object.values(exampleKeys)),
    signer: makeSigner(exampleKeys.attestation, nbf),
    findKey: (kid) => keysById.get(kid),
    leaves: new Map(),
    ...over,
  }
}

interface Told {
  state: State
  events: AttestationEvent[]
}

/** Folds inputs one after the other; answers the state and everything said. */
function given(inputs: readonly AttestationInput[], from: State = initial, ctx = context()): Told {
  return inputs.reduce<Told>(
    ({ state, events }, input) => {
      const said = attestation.decide(state, input, ctx)
      return { state: said.reduce(evolve, state), events: [...events, ...said] }
    },
    { state: from, events: [] },
  )
}

function entries({ events }: Told) {
  return events.flatMap((event) => (event.type === 'ledger.appended' ? [event.data] : []))
}

function seals({ events }: Told) {
  return events.flatMap((event) => (event.type === 'trail.attested' ? [event.data] : []))
}

function integrated(state: State, index: number): AttestationInput {
  if (state.status !== 'sealed') throw new Error('not sealed')
  const { link } = newestEntry(state)
  const { object } = link
  const hash = Buffer.from(leafHash(entryLeaf(link.statementDigest))).toString('hex')
  const data = { entry_id: object.ledger_entry_id, index, hash }
  return {
    id: `integrated:${data.entry_id}`,
    type: 'entry.integrated',
    at: '2026-11-01T12:00:00.000Z',
    data,
  }
}

function tamper(input: AttestationInput, change: (data: never) => void): AttestationInput {
  const data = { ...Object(input.data) }
  change(data as never)
  // the type says which data it has
  return { ...input, data } as AttestationInput
}

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal || error instanceof RetryLater)
      return `${error.name} ${error.code}`
    throw error
  }
  return 'accepted'
}

describe('given the facts of a run', () => {
  test('when one is missing, then nothing is closed', () => {
    const { facts } = exampleRun()
    for (const missing of facts) {
      const told = given(facts.filter((fact) => fact !== missing))
      expect(told.state.status).toBe('joining')
      expect(entries(told)).toEqual([])
    }
  })

  test('when all are there, then the entry holds every link before it and the credits', () => {
    const [entry, ...more] = entries(given(exampleRun().facts))
    expect(more).toEqual([])
    expect(entry?.object.objects.map(({ name }) => name)).toEqual([
      'work_order',
      'execution_command',
      'result_contract',
      'settlement_receipt',
      'usage_receipt',
      'callback_delivery',
    ])
    expect(entry?.after.map(({ digest }) => digest)).toEqual(
      entry?.object.objects.map(({ digest }) => digest),
    )
    expect(entry?.object).toMatchObject({
      credits: { held: 25, debited: 25, released: 0 },
      verdict: 'ready',
      state: 'callback_delivered',
      revision: 0,
      issued_at: '2026-11-01T10:01:05.000Z',
      pilot: {
        pilot_id: 'tokenops_controlled_pilot_001',
        runtime_state: 'ready_for_operator_review',
      },
    })
  })

  test('when they arrive in any order, some of them twice, then entry and seal are the same bytes', () => {
    const run = exampleRun({ callback: 'pending' })
    const facts = [
      ...run.facts,
      exampleRun({ callback: 'pending', attempt: 2 }).bound,
      run.attempted(2, 'pending'),
      run.attempted(3, 'delivered'),
    ]
    const inOrder = given(facts)
    const first = canonicalize(entries(inOrder))
    const revised = given([integrated(inOrder.state, 7)], inOrder.state)
    const next = canonicalize([entries(revised), seals(revised)])
    const twice = fc.array(fc.constantFrom(...facts), { maxLength: 8 })
    const all = fc.shuffledSubarray(facts, { minLength: facts.length })
    fc.assert(
      fc.property(twice, all, (some, rest) => {
        const told = given([...some, ...rest])
        expect(canonicalize(entries(told))).toBe(first)
        const sealed = given([integrated(told.state, 7)], told.state)
        expect(canonicalize([entries(sealed), seals(sealed)])).toBe(next)
      }),
      { numRuns: 60 },
    )
  })

  test('when the result follows a later attempt, then the trail holds that attempt’s command', () => {
    const first = exampleRun()
    const second = exampleRun({ attempt: 2 })
    const [entry] = entries(
      given([first.bound, second.result, second.usage, second.callback, second.bound]),
    )
    const command = entry?.object.objects.find(({ name }) => name === 'execution_command')
    const [own] = entries(given(second.facts))
    expect(command).toEqual(own?.object.objects.find(({ name }) => name === 'execution_command'))
  })

  test('when the order is standard, then the trail closes by itself and names no pilot', () => {
    const [entry] = entries(given(exampleRun({ mode: 'standard' }).facts))
    expect(entry?.object.pilot).toEqual({
      tool: 'tokenops',
      execution_mode: 'standard',
      runtime_state: 'closed',
      proof_trail: expect.any(Array),
    })
    expect(entry?.object.state).toBe('closed')
  })

  test('when the result failed and no callback is due, then it is sealed with a debit of 0', () => {
    const [entry] = entries(given(exampleRun({ status: 'failed', callback: 'ready' }).facts))
    expect(entry?.object).toMatchObject({
      verdict: 'failed',
      credits: { held: 25, debited: 0, released: 25 },
    })
  })
})

describe('given a signature that does not count', () => {
  const run = exampleRun()

  test('when it is not over the object, then the fact is refused and the state unchanged', () => {
    const forged = tamper(
      run.result,
      (data: { result_contract: Link<'result_contract', object> }) => {
        const object = { ...data.result_contract.object, human_summary: 'better' }
        data.result_contract = changedLink(data.result_contract, { object })
      },
    )
    expect(code(() => attestation.decide(initial, forged, context()))).toBe('Refusal PT-6001')
  })

  test.each(run.facts.map((fact) => [fact.type, fact] as const))(
    'when a link of %s is signed by a key of another party, then it is refused',
    (_type, fact) => {
      const wrong = keysById.get(exampleKeys.log.key_id)
      const ctx = context({ findKey: () => wrong })
      expect(code(() => attestation.decide(initial, fact, ctx))).toBe('Refusal PT-6003')
    },
  )

  test('when the key was revoked or had expired, then it is refused', () => {
    for (const fault of [{ revoked_at_log_size: 3 }, { exp: 1_700_000_000 }]) {
      const findKey = (kid: string) => {
        const key = keysById.get(kid)
        return key && { ...key, ...fault }
      }
      expect(code(() => attestation.decide(initial, run.usage, context({ findKey })))).toBe(
        'Refusal PT-6003',
      )
    }
  })

  test('when the key is unknown, then the fact waits, and is refused after the wait', () => {
    const ctx = context({ findKey: () => undefined })
    expect(code(() => attestation.decide(initial, run.bound, ctx))).toBe('RetryLater PT-6002')
    const waited = { ...run.bound, waited: WAIT_SECONDS }
    expect(code(() => attestation.decide(initial, waited, ctx))).toBe('Refusal PT-6002')
  })

  test('when an object is of another work order, then it is refused', () => {
    const other = exampleRun({ name: 'order-2' })
    const mixed = tamper(run.usage, (data: { usage_receipt: unknown }) => {
      data.usage_receipt = (other.usage.data as { usage_receipt: unknown }).usage_receipt
    })
    expect(code(() => attestation.decide(initial, mixed, context()))).toBe('Refusal PT-6004')
  })

  test('when a service signs what no verifier would accept, then nothing is sealed', () => {
    const { state } = given([run.bound, run.result, run.usage])
    if (run.callback.type !== 'callback.attempted') throw new Error('not a callback')
    const { object, after } = run.callback.data
    const elsewhere = { ...object, callback_url: 'https://elsewhere.example' }
    const data = Link.sign('callback_delivery', elsewhere, after, exampleKeys.callback)
    const told = { ...run.callback, data }
    expect(code(() => attestation.decide(state, told, context()))).toBe('Refusal PT-6014')
  })

  test('when the facts are of two different results, then the last one is refused', () => {
    const failed = exampleRun({ status: 'failed' })
    const { state } = given([run.bound, failed.result, run.callback])
    expect(code(() => attestation.decide(state, run.usage, context()))).toBe('Refusal PT-6005')
  })
})

describe('given an entry in the log', () => {
  test('when its index is told, then the seal goes out once', () => {
    const told = given(exampleRun().facts)
    const at3 = integrated(told.state, 3)
    const sealed = given([at3, at3], told.state)
    expect(seals(sealed)).toHaveLength(1)
    expect(seals(sealed)[0]).toMatchObject({ log_index: 3, revision: 0, verdict: 'ready' })
    expect(due(told.state)).toBeDefined()
    expect(due(sealed.state)).toBeUndefined()
  })

  test('when nobody tells it, then the document finds its leaf when it is due', () => {
    const told = given(exampleRun().facts)
    const at = due(told.state) ?? ''
    const wake: AttestationInput = { id: 'due', type: 'due', at, data: {} }
    const missed = given([wake], told.state)
    expect(seals(missed)).toEqual([])
    expect((due(missed.state) ?? '') > at).toBe(true)
    // integrated() makes an input of this type only
    const { data } = integrated(told.state, 3) as Extract<
      AttestationInput,
      { type: 'entry.integrated' }
    >
    const found = given([wake], missed.state, context({ leaves: new Map([[data.entry_id, data]]) }))
    expect(seals(found)).toHaveLength(1)
  })

  test('when the leaf is another entry, then it is refused', () => {
    const { state } = given(exampleRun().facts)
    const other = tamper(integrated(state, 3), (data: { hash: string }) => {
      data.hash = 'f'.repeat(64)
    })
    expect(code(() => attestation.decide(state, other, context()))).toBe('Refusal PT-6011')
  })
})

describe('given a trail that was saved and read again', () => {
  const run = exampleRun({ callback: 'pending' })
  const reread = (state: State) => readStored(storedText(state)) as State

  test('when the last fact comes, the entry is in the log and the callback ends, then all is as if it had not been', () => {
    const inputs = [run.bound, run.result, run.callback, run.usage]
    const kept = given(inputs)
    const saved = inputs.reduce<Told>(
      ({ state, events }, input) => {
        const told = given([input], reread(state))
        return { state: told.state, events: [...events, ...told.events] }
      },
      { state: initial, events: [] },
    )
    expect(canonicalize(saved.events)).toBe(canonicalize(kept.events))
    const rest = [integrated(kept.state, 3), run.attempted(2, 'delivered')]
    const [before, after] = [given(rest, kept.state), given(rest, reread(saved.state))]
    expect(canonicalize(after.events)).toBe(canonicalize(before.events))
    expect(storedText(after.state)).toBe(storedText(before.state))
  })
})

describe('given a sealed trail whose first attempt failed', () => {
  const run = exampleRun({ callback: 'pending' })
  function sealed(): State {
    const told = given(run.facts)
    return given([integrated(told.state, 3)], told.state).state
  }

  test('when an attempt in between fails, then nothing happens', () => {
    expect(given([run.attempted(2, 'pending')], sealed()).events).toEqual([])
  })

  test.each(['delivered', 'parked'] as const)(
    'when it ends as %s, then a revision follows',
    (end) => {
      const told = given([run.attempted(3, end), run.attempted(3, end)], sealed())
      const [entry, ...more] = entries(told)
      expect(more).toEqual([])
      expect(entry?.object).toMatchObject({
        revision: 1,
        objects: [{ name: 'callback_delivery/1' }],
        follows: { name: 'ledger_entry', index: 3 },
        issued_at: '2026-11-01T10:03:05.000Z',
      })
      expect(entry?.after.map(({ name }) => name).slice(-3)).toEqual([
        'ledger_entry',
        'attestation',
        'callback_delivery/1',
      ])
      const [seal] = seals(given([integrated(told.state, 9)], told.state))
      expect(seal).toMatchObject({ revision: 1, log_index: 9 })
      expect(JSON.stringify(seal?.statement)).toContain('ledger_entry/1')
    },
  )

  test('when the end comes before the index is known, then the revision waits for it', () => {
    const closed = given(run.facts)
    const late = given([run.attempted(2, 'parked'), run.attempted(3, 'delivered')], closed.state)
    expect(entries(late)).toEqual([])
    const told = given([integrated(closed.state, 3)], late.state)
    expect(seals(told)).toHaveLength(1)
    expect(entries(told)[0]?.object.objects.map(({ name }) => name)).toEqual([
      'callback_delivery/1',
      'callback_delivery/2',
    ])
  })

  test('when the end came before the first seal, then the entry is the same and the revision follows', () => {
    const early = given([run.attempted(2, 'delivered'), ...run.facts])
    expect(canonicalize(entries(early))).toBe(canonicalize(entries(given(run.facts))))
    expect(entries(given([integrated(early.state, 3)], early.state))).toHaveLength(1)
  })
})

describe('given a refused order', () => {
  const run: Example = exampleRun()

  test('when it is told, then its trail is order, decision, entry and seal, without credits', () => {
    const told = given([run.rejected, run.rejected])
    const [entry, ...more] = entries(told)
    expect(more).toEqual([])
    expect(entry?.object).toMatchObject({
      verdict: 'refused',
      credits: { held: 0, debited: 0, released: 0 },
      objects: [{ name: 'work_order' }, { name: 'intake_decision' }],
      pilot: { runtime_state: 'refused' },
    })
    expect(entry?.object.pilot.pilot_id).toBeUndefined()
    const [seal] = seals(given([integrated(told.state, 0)], told.state))
    expect(seal).toMatchObject({ verdict: 'refused', runtime_state: 'refused' })
  })
})

describe('given any entry', () => {
  const pending = exampleRun({ callback: 'pending' })
  const runs: AttestationInput[][] = [
    exampleRun().facts,
    exampleRun({ mode: 'standard' }).facts,
    exampleRun({ status: 'failed', callback: 'ready' }).facts,
    [...pending.facts, pending.attempted(2, 'parked'), pending.attempted(3, 'delivered')],
    [exampleRun().rejected],
  ]

  test.each(runs)(
    'when it is checked against the closed lists, then it has no fault (%#)',
    (...facts) => {
      const first = given(facts)
      const second = given([integrated(first.state, 3)], first.state)
      for (const { object } of [...entries(first), ...entries(second)]) {
        expect(checkForm('LedgerEntry', object)).toEqual([])
      }
    },
  )

  test('when the callback is delivered later, then the record goes on where it was', () => {
    const told = given([...pending.facts, pending.attempted(2, 'delivered')])
    const [revised] = entries(given([integrated(told.state, 3)], told.state))
    const first = entries(told)[0]?.object
    expect(revised?.object.events.slice(0, first?.events.length)).toEqual(first?.events)
    expect(revised?.object.events.map(({ to_state }) => to_state).slice(-2)).toEqual([
      'callback_delivered',
      'attested',
    ])
    expect([first?.state, revised?.object.state]).toEqual(['callback_ready', 'callback_delivered'])
  })
})

describe('given registrations', () => {
  test('when a later one adds a key, then older keys stay', () => {
    const first = registered('agent')
    const second = tamper(first, (data: { keys: unknown[]; revision: number }) => {
      data.revision = 2
      data.keys = [{ kid: exampleKeys.log.key_id, x: exampleKeys.log.privateKey.x }]
    })
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      const { state } = given(order)
      expect(state.status === 'keys' && state.keys.map(({ kid }) => kid).sort()).toEqual(
        [exampleKeys.agent.key_id, exampleKeys.log.key_id].sort(),
      )
    }
  })
})
