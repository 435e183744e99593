import { expect, test } from 'vitest'
import { decide, documentOf, route } from './decide.ts'
import type { IntakeInput, State } from './state.ts'
import { aContext, announcedAgent, announcedTool, anOrder, signed, submitted } from './testing.ts'

const absent: State = { kind: 'absent' }
const inputs: [string, IntakeInput][] = [
  ['an accepted order', submitted(signed(anOrder()))],
  ['a rejected order', submitted(signed(anOrder({ requested_capability: 'other' })))],
  ['an agent', announcedAgent()],
  ['a tool', announcedTool()],
]

test.each(inputs)(
  'given %s, when its event is folded again, then into the document that its input went to',
  (_, input) => {
    const events = decide(absent, input, aContext())
    expect(events.map(documentOf)).toEqual([route(input)])
  },
)
