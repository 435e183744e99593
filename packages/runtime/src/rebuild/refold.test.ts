import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Emitted, type Input, RetryLater } from '../service.ts'
import { type Entry, type Refolding, refold } from './refold.ts'

/** A toy that joins letters, and says a word as soon as it has all of them. */
interface State {
  letters: string
  words: readonly string[]
  ends_at?: string
}
type Letter = Input<'work-order.accepted' | 'due', { letter?: string }>
type Event =
  | Emitted<'letter.kept', string>
  | Emitted<'credits.held', string>
  | Emitted<'ended', null>

const ALL = 'abc'
const service = {
  initial: { letters: '', words: [] } as State,
  decide(state: State, { type, data }: Letter): Event[] {
    if (type === 'due') return [{ type: 'ended', data: null }]
    const { letter = '' } = data
    if (letter === '?') throw new RetryLater('PT-4007', 'not yet')
    if (state.letters.includes(letter)) return []
    const letters = state.letters + letter
    const isWhole = [...ALL].every((one) => letters.includes(one))
    const kept: Event = { type: 'letter.kept', data: letter }
    return isWhole ? [kept, { type: 'credits.held', data: `${letters} now` }] : [kept]
  },
  evolve(state: State, event: Event): State {
    switch (event.type) {
      case 'letter.kept':
        return { ...state, letters: state.letters + event.data, ends_at: at(900) }
      case 'credits.held':
        return { ...state, words: [...state.words, event.data] }
      case 'ended': {
        const { ends_at: _over, ...rest } = state
        return { ...rest, words: [...state.words, 'ended'] }
      }
    }
  },
}
const refolding: Refolding<State, Letter, Event, undefined> = {
  decides: ['work-order.accepted'],
  context: async () => undefined,
}

function at(ms: number): string {
  return new Date(ms).toISOString()
}

function letter(name: string, ms: number, said?: string): Entry<Letter, Event> {
  const input: Letter = {
    id: name,
    type: 'work-order.accepted',
    at: at(ms),
    data: { letter: name },
  }
  const event: Event = { type: 'credits.held', data: said ?? '' }
  const published = said === undefined ? [] : [{ id: `m-${said}`, event, sequence: 0 }]
  return { cause: name, at: at(ms), place: `topic-${name}`, input, said: published }
}

const make = (entries: Entry<Letter, Event>[], how = refolding) =>
  refold(service, how, 'doc', entries, at(1_000))

test('given what was published, then it is taken as it was, and not what would be decided now', async () => {
  const made = await make([letter('a', 1), letter('b', 2), letter('c', 3, 'abc then')])
  expect(made).toEqual({
    state: { letters: 'abc', words: ['abc then'], ends_at: at(900) },
    handledIds: ['a', 'b', 'c'],
    publishedIds: ['m-abc then'],
    unexplained: [],
  })
})

test('given inputs in any order of arrival, then one is found in which each decided what it published', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...ALL], { minLength: 3 }),
      fc.constantFrom(...ALL),
      async (arrived, last) => {
        const entries = arrived.map((one, n) => letter(one, n, one === last ? 'word' : undefined))
        const { state, handledIds, unexplained } = await make(entries)
        expect(unexplained).toEqual([])
        expect(state.words).toEqual(['word'])
        expect(handledIds.at(-1)).toBe(last)
        expect([...handledIds].sort()).toEqual([...ALL])
      },
    ),
  )
})

test('given that something is missing, then what does not follow is named, and nothing is made up', async () => {
  const lost = await make([letter('a', 1), letter('c', 3, 'abc then')])
  expect(lost.unexplained).toEqual(['c'])
  const unsaid = await make([letter('a', 1), letter('b', 2), letter('c', 3)])
  expect(unsaid.unexplained).toEqual(['c'])
  expect(unsaid.state.words).toEqual([])
})

test('given an input that waited and was parked, then it left nothing', async () => {
  const { state, handledIds, unexplained } = await make([letter('?', 1), letter('a', 2)])
  expect([state.letters, handledIds, unexplained]).toEqual(['a', ['a'], []])
})

test('given an outcome that is on no topic, then what it published is folded under its name', async () => {
  const event: Event = { type: 'credits.held', data: 'sent' }
  const said = [{ id: 'm', event, sequence: 0 }]
  const made = await make([{ cause: 'outcome:1', at: at(5), place: 'x', said }, letter('a', 1)])
  expect(made).toMatchObject({ handledIds: ['a', 'outcome:1'], publishedIds: ['m'] })
  expect(made.state.words).toEqual(['sent'])
})

test('given a due time that passed and published nothing, then it is folded where the service decides it again', async () => {
  const timed = { ...service, due: ({ ends_at }: State) => ends_at }
  const how: typeof refolding = { ...refolding, decides: 'all' }
  const made = await refold(timed, how, 'doc', [letter('a', 1)], at(1_000))
  expect(made.state).toEqual({ letters: 'a', words: ['ended'] })
  const early = await refold(timed, how, 'doc', [letter('a', 1)], at(800))
  expect(early.state.words).toEqual([])
})
