import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RoundInput } from '../round-input.ts'
import { Refusal } from '../service.ts'
import { fakeDatabase, Instance, jsonCodec, message } from './fake-round.fixtures.ts'
import { funding, makeToy, type ToyInput, type ToyState, toyEffect } from './toy.fixtures.ts'

/**
 * Two processes of a service on one database, whose rounds meet each other and outages at any step:
 * documents are loaded, deferred, saved, lost and unsure in every order.
 */

/** Where a round meets an outage; a save may be made although its answer is lost. */
type Fault = 'none' | 'read' | 'versions' | 'save' | 'answer' | 'publish' | 'second publish'

/** `later fickle` is deferred, or refused where the document holds an odd number of receipts. */
const KINDS = ['pay', 'later', 'later fickle', 'act', 'nothing'] as const

interface Step {
  who: 0 | 1
  fault: Fault
  /** What arrives besides what came before: the kind of funding, by account. */
  arrives: { account: 'a' | 'b' | 'c'; kind: (typeof KINDS)[number] }[]
  /** The same message as an earlier one, delivered again. */
  again: number[]
}

const steps = fc.array(
  fc.record<Step>({
    who: fc.constantFrom(0, 1),
    fault: fc.constantFrom(
      'none',
      'none',
      'read',
      'versions',
      'save',
      'answer',
      'publish',
      'second publish',
    ),
    arrives: fc.array(
      fc.record({
        account: fc.constantFrom('a' as const, 'b' as const, 'c' as const),
        kind: fc.constantFrom(...KINDS),
      }),
      { maxLength: 3 },
    ),
    again: fc.array(fc.nat(30), { maxLength: 1 }),
  }),
  { minLength: 1, maxLength: 25 },
)

function setUp(deferMs: number) {
  const db = fakeDatabase<ToyState>()
  const run = async () => Promise.reject(new Error('unused'))
  const toy = makeToy({ run: { of: toyEffect, run, concurrency: 1 } })
  const fickle: typeof toy = {
    ...toy,
    // a document that leaves memory, and meets inputs all the same
    rests: ({ receipts }) => receipts % 3 === 1,
    decide(state, input, context) {
      const isFickle = input.type === 'funding.received' && input.data.reference.includes('fickle')
      if (isFickle && state.receipts % 2 === 1) throw new Refusal('PT-4001', 'no')
      return toy.decide(state, input, context)
    },
  }
  const make = () => new Instance(fickle, db, jsonCodec(), deferMs)
  return { db, processes: [make(), make()] as const }
}

/** The next call to a part of the database or the broker fails. */
function strike({ database, publishFaults }: Instance, fault: Fault): () => void {
  const { read, versions, save } = database
  const away = new Error('away')
  switch (fault) {
    case 'none':
      break
    case 'read':
      database.read = async () => Promise.reject(away)
      break
    case 'versions':
      database.versions = async () => Promise.reject(away)
      // What is saved at the same time takes longer.
      database.save = async (...given) => {
        await new Promise((resolve) => setImmediate(resolve))
        return save.apply(database, given)
      }
      break
    case 'save':
      database.save = async () => Promise.reject(away)
      break
    case 'answer':
      database.save = async (...given) => {
        await save.apply(database, given)
        throw away
      }
      break
    case 'publish':
      publishFaults.push(away)
      break
    case 'second publish':
      publishFaults.push(undefined, away)
      break
  }
  return () => {
    Object.assign(database, { read, versions, save })
    publishFaults.splice(0)
  }
}

test.each([
  { name: 'every deferred write is overdue at once', deferMs: 1e-6 },
  { name: 'no deferred write is overdue', deferMs: 3_600_000 },
  { name: 'nothing is deferred', deferMs: 0 },
])(
  'no input is lost or counted twice, and no save replaces a newer one, where $name',
  async ({ deferMs }) => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { db, processes } = setUp(deferMs)
        const sent: RoundInput<ToyInput>[] = []
        const taken: [RoundInput<ToyInput>[], RoundInput<ToyInput>[]] = [[], []]
        const waiting: [RoundInput<ToyInput>[], RoundInput<ToyInput>[]] = [[], []]
        const unanswered = new Set<string>()
        const isStored = ({ input }: RoundInput<ToyInput>) =>
          [...db.docs.values()].some(({ handledIds }) => handledIds.includes(input.id))
        const isParked = ({ origin }: RoundInput<ToyInput>) =>
          processes
            .flatMap((one) => one.said('parked'))
            .some(({ value }) => value === origin?.value?.toString('base64'))
        const hasEnded = (entry: RoundInput<ToyInput>) =>
          isStored(entry) || isNothing(entry) || isParked(entry)

        /** One try of a round, as the loop makes it: the same inputs until they are through. */
        const attempt = async (who: 0 | 1, fault: Fault) => {
          const one = processes[who]
          const inputs = waiting[who]
          if (fault === 'answer') for (const entry of inputs) unanswered.add(referenceOf(entry))
          const mend = strike(one, fault)
          try {
            await one.round(...inputs)
            taken[who].push(...inputs.splice(0))
          } catch (error) {
            expect(error).toMatchObject({ message: 'away' })
          } finally {
            mend()
          }
          // H2, R3: an offset may move only behind what was saved, came to nothing, or was parked.
          for (const entry of taken[who]) {
            const isOpen = one.cache.writes.whenSaved([entry]) !== undefined
            if (!isOpen) expect(hasEnded(entry)).toBe(true)
          }
        }

        for (const { who, fault, arrives, again } of plan) {
          for (const { account, kind } of arrives) {
            const entry = message(funding(account, `${kind} ${sent.length}`))
            sent.push(entry)
            waiting[who].push(entry)
          }
          for (const index of again) {
            const earlier = sent[index]
            if (earlier) waiting[who].push({ ...earlier })
          }
          const versions = new Map([...db.docs].map(([id, doc]) => [id, doc]))
          await attempt(who, fault)
          for (const [id, before] of versions) {
            const after = db.docs.get(id)
            expect(after?.version).toBeGreaterThanOrEqual(before.version)
            expect(after?.handledIds.slice(0, before.handledIds.length)).toEqual(before.handledIds)
          }
        }
        for (const who of [0, 1] as const) {
          processes[who].cache.writes.disable()
          await attempt(who, 'none')
          await attempt(who, 'none')
          expect(processes[who].cache.openCount).toBe(0)
        }

        expect(sent.filter((entry) => !hasEnded(entry))).toEqual([])
        const paid = sent.filter((entry) => referenceOf(entry).startsWith('pay'))
        const receipts = [...db.docs.values()].reduce((sum, { state }) => sum + state.receipts, 0)
        expect(receipts).toBe(paid.length)
        const out = processes.flatMap((one) =>
          one.said('settlement-receipt.issued').map(({ object }) => object.settlement_id),
        )
        expect(new Set(out).size).toBe(paid.length)
        const acts = sent.map(referenceOf).filter((reference) => reference.startsWith('act'))
        // A save whose answer is lost may be saved over before it is read: its effect is then unknown.
        const ran = processes.flatMap(({ effects }) => effects.map(({ effect }) => effect.id))
        expect(new Set(ran).size).toBe(ran.length)
        expect(acts.filter((act) => !ran.includes(act) && !unanswered.has(act))).toEqual([])
        for (const { outbox } of db.docs.values()) expect(outbox).toEqual([])
      }),
      { numRuns: 100 },
    )
  },
)

function referenceOf({ input }: RoundInput<ToyInput>): string {
  return input.type === 'funding.received' ? input.data.reference : ''
}

function isNothing(entry: RoundInput<ToyInput>): boolean {
  return referenceOf(entry).startsWith('nothing')
}
