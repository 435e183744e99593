import { TOOL_NAME, topicFor } from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import type { ConsoleEvent, ConsoleInput, Context, ParkedInput, State } from '../state.ts'
import {
  idOfSaid,
  isNewParking,
  knowsAct,
  type ParkedState,
  type Said,
  saidByService,
  saidByTool,
  withDecided,
  withParking,
} from './entry.ts'
import { actFault } from './judge.ts'

/** Topics about parked messages: what the console itself cannot decide of them it does not gather. */
const ABOUT = ['parked', 'tool.parked', 'parked.decided'] as const
const TYPES: readonly string[] = [...ABOUT, 'parked.asked']

/** The entry that a document holds. */
export function parkedOf(state: State): ParkedState | undefined {
  return state.status === 'parked' ? state : undefined
}

export function isParkedInput(input: ConsoleInput): input is ParkedInput {
  return TYPES.includes(input.type)
}

/** A service set a message aside. */
export function onParked(state: State, input: Message<'parked'>): readonly ConsoleEvent[] {
  const { data, at } = input
  // a message about parked messages that was parked would be gathered, and parked, for ever
  if (isAboutParked(data.topic)) return []
  return isNews(state, saidByService(data, at)) ? [folded(input)] : []
}

/**
 * A tool set a command aside, by its own word.
 * @throws RetryLater while the tool is not known; Refusal, quietly, for what is not its word (PT-7048)
 */
export function onToolParked(
  state: State,
  input: Message<'tool.parked'>,
  { genuineParked }: Context,
): readonly ConsoleEvent[] {
  const { data, at, waited = 0 } = input
  const isOwn =
    TOOL_NAME.test(data.tool) && data.topic === topicFor('execution.commanded', data.tool)
  if (!isOwn) throw new Refusal('PT-7048', `${data.tool} on ${data.topic}`, { isQuiet: true })
  if (!genuineParked.has(data)) {
    const detail = `not signed by a key of ${data.tool}`
    if (data.key_id !== undefined && waited < WAIT_SECONDS) throw new RetryLater('PT-7048', detail)
    throw new Refusal('PT-7048', detail, { isQuiet: true })
  }
  return isNews(state, saidByTool(data, at)) ? [folded(input)] : []
}

/** What was decided, as the topic keeps it: news to a collection that was dropped. */
export function onParkedDecided(
  state: State,
  input: Message<'parked.decided'>,
): readonly ConsoleEvent[] {
  const known = parkedOf(state)
  return known && knowsAct(known, input.data.number) ? [] : [folded(input)]
}

/** An operator asks for an act. What is not allowed decides nothing; the door says why. */
export function onParkedAsked(
  state: State,
  { data: { act, by, reason }, at }: Extract<ConsoleInput, { type: 'parked.asked' }>,
): readonly ConsoleEvent[] {
  const entry = parkedOf(state)
  if (entry?.last === undefined || actFault(entry, act) !== undefined) return []
  const { parked_id, service, input, document, last, acts } = entry
  const { topic, partition, offset, blocks } = last
  return [
    {
      type: 'parked.decided',
      data: {
        ...{ parked_id, act, number: acts.length + 1, service, input, topic, partition, offset },
        ...(document !== undefined && blocks ? { document } : {}),
        decided_by: by,
        ...(reason === undefined ? {} : { reason }),
        decided_at: at,
      },
    },
  ]
}

/** The entry with what one input says. */
export function learnParked(state: State, input: ParkedInput): State {
  const known = parkedOf(state)
  switch (input.type) {
    case 'parked':
      return withParking(known, saidByService(input.data, input.at))
    case 'tool.parked':
      return withParking(known, saidByTool(input.data, input.at))
    case 'parked.decided':
      return withDecided(known, input.data)
    case 'parked.asked':
      return state
  }
}

function isNews(state: State, said: Said): boolean {
  const known = parkedOf(state)
  return known === undefined || (known.parked_id === idOfSaid(said) && isNewParking(known, said))
}

function folded(input: ParkedInput): ConsoleEvent {
  return { type: 'fact.folded', data: { input } }
}

function isAboutParked(topic: string): boolean {
  return ABOUT.some((name) => topic === topicFor(name))
}
