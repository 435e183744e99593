import type { Message } from '@prooftrail/runtime'
import { CLOSING_FACTS } from './facts/closing-facts.ts'
import type { FactsOf } from './facts/fact.ts'
import { ORDER_FACTS } from './facts/order-facts.ts'
import { RECOVERY_FACTS } from './facts/recovery-facts.ts'
import { RUN_FACTS } from './facts/run-facts.ts'
import type { RunInput, RunState, State, ToolInput, ToolState } from './state.ts'

/** What each topic tells of a run: each one that the catalogue lets the console read. */
const FACTS: FactsOf<RunInput['type']> = {
  ...ORDER_FACTS,
  ...RUN_FACTS,
  ...CLOSING_FACTS,
  ...RECOVERY_FACTS,
}

/** One value for each of the topics that tell of a run. */
export function forEachFact<V>(value: V): Record<RunInput['type'], V> {
  const entries = Object.keys(FACTS).map((type) => [type, value])
  // FACTS has these keys
  return Object.fromEntries(entries) as Record<RunInput['type'], V>
}

/** What the run's page knows with one more fact. */
export function learn<T extends RunInput['type']>(
  state: RunState,
  { type, data }: Message<T>,
): RunState {
  return FACTS[type].learn(state, data)
}

/** The fact's line of the timeline: the stage that spoke, and one sentence. */
export function lineOf<T extends RunInput['type']>({
  type,
  data,
}: Message<T>): {
  stage: string
  summary: string
} {
  return FACTS[type].line(data)
}

/** A tool's versions with the names of their steps; the registration of the highest revision. */
export function learnTool(state: State, { data }: ToolInput): ToolState {
  if (state.status === 'tool' && state.revision > data.revision) return state
  const versions = data.versions.map(({ version, manifest }) => {
    const { title, steps } = Object(manifest)
    return {
      version,
      ...(typeof title === 'string' ? { title } : {}),
      steps: Array.isArray(steps) ? steps.map(String) : [],
    }
  })
  return { status: 'tool', tool: data.tool, revision: data.revision, versions, keys: data.keys }
}
