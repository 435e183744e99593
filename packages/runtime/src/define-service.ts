import { isKeyedByOrder, keyOf } from '@prooftrail/contracts'
import { isWorkOrderId } from '@prooftrail/trail/format'
import { isPublished } from './message.ts'
import { FORGOTTEN } from './rounds/forget.ts'
import { type Emitted, type Input, Refusal, type Service } from './service.ts'
import type {
  Claims,
  Definition,
  DefinitionOf,
  ServiceSpec,
  ServiceTypes,
  WhatStays,
} from './service-types.ts'

/** An entry of `on`, whichever input it is for. */
interface Entry {
  decide(state: unknown, input: Input, context: unknown): readonly never[]
  sequenced?: true
  document?(data: unknown): string | undefined
  creates?: true
  authenticate?(input: Input): Claims
}

/**
 * Makes a service from what is written down about it.
 * A message whose key is not what the catalogue's path finds in its value is refused (PT-9007, or
 * the service's own code) before anything else; its document is its key unless the entry says another.
 */
export function defineService<D extends ServiceTypes>(
  written: ServiceSpec<D> & WhatStays<D>,
): DefinitionOf<D> {
  const { on, emits, keyCode = 'PT-9007', ...spec }: ServiceSpec<D> = written
  const { forget }: Pick<DefinitionOf<D>, 'forget'> = written
  // `Inputs` typed each entry for its own input; here they are looked up by the input's type.
  const entries = new Map(Object.entries(on) as [string, Entry | 'beside'][])
  const read = new Map(
    [...entries].flatMap(([type, one]) => (one === 'beside' ? [] : [[type, one]])),
  )
  return {
    ...spec,
    ...(forget ? { forget } : {}),
    consumes: [...read.keys(), ...(forget ? [FORGOTTEN] : [])].filter(isPublished),
    writes: Object.keys(emits).filter(isPublished),
    says: Object.entries(emits).flatMap(([name, by]) =>
      by === 'decide' && isPublished(name) ? [name] : [],
    ),
    claimed: [...read].flatMap(([type, { authenticate }]) => (authenticate ? [type] : [])),
    unseen: [...read].flatMap(([type, { sequenced }]) => (sequenced ? [type] : [])),
    creates: ({ type }) => read.get(type)?.creates === true,
    route(input) {
      const { type, data, key } = input
      if (!isPublished(type)) return undefined
      const named = keyOf(type, data)
      if (key !== named) {
        throw new Refusal(keyCode, `the key is ${key ?? 'absent'}, the id is ${named}`)
      }
      const entry = read.get(type)
      if (entry?.authenticate) {
        entry.authenticate(input)
        // No claim names a document of another kind: an order is never called like a tool's.
        if (isKeyedByOrder(type) && !isWorkOrderId(named)) {
          throw new Refusal(keyCode, `${named.slice(0, 100)} is no id of a work order`)
        }
      }
      return entry?.document ? entry.document(data) : named
    },
    decide(state, input, context) {
      const entry = read.get(input.type)
      if (!entry) throw new Error(`${spec.name} has no input ${input.type}`)
      return entry.decide(state, input, context)
    },
  }
}

/** Gives a service the tools that it works with. */
export function equip<S, I extends Input, E extends Emitted, C, T>(
  definition: Definition<S, I, E, C, T>,
  tools: T,
): Service<S, I, E, C> {
  const { prepare, known, effect, parks, ...rest } = definition
  return {
    ...rest,
    ...(prepare ? { prepare: (wave) => prepare(wave, tools) } : {}),
    ...(known ? { known: (names) => known(names, tools) } : {}),
    ...(parks ? { parks: (parked) => parks(parked, tools) } : {}),
    ...(effect
      ? { effect: { ...effect, run: (one, signal) => effect.run(one, signal, tools) } }
      : {}),
  }
}
