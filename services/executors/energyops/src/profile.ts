import { type Context, foldWord } from '@prooftrail/executor-sdk'
import type { DateOrder } from './due-dates.ts'

/** A deposit, fee or share that a territory's procedures ask of an application. */
export interface Requirement {
  id: string
  sentence: string
  source: string
  /** The class whose items show it. */
  evidence_class: string
  /** Words by which an item says that it is this one. */
  kinds: string[]
  /** US dollars by size: the last tier whose `from_mw` the capacity reaches. */
  tiers?: { from_mw: number; flat: number; per_mw?: number }[]
  /** As often the amount of another requirement. */
  times?: { of: string; factor: number }
  /** At least so much of the site, in percent. */
  percent?: number
}

/** What differs from utility to utility: data of the manifest, not code. */
export interface Profile {
  name: string
  title: string
  source: string
  date_order: DateOrder
  /** Further names of evidence classes, as people write them. */
  aliases: { [evidenceClass: string]: string[] }
  /** Kinds of study, from the first to the last: a later one is asked for instead of an earlier. */
  studies: { kind: string; words: string[] }[]
  /** Capacities that the procedures are for, in MW AC. */
  above_mw?: number
  requirements: Requirement[]
}

export const GENERIC = 'generic'

/** The profile that an order names; the generic one where it names none or one that is not there. */
export function profileOf(
  manifest: Context['manifest'],
  named: unknown,
): { profile: Profile; known: boolean } {
  const profiles = manifest.profiles ?? {}
  const wanted = typeof named === 'string' && named.trim() !== '' ? foldWord(named) : GENERIC
  const name = Object.keys(profiles).find((one) => foldWord(one) === wanted)
  const generic = { name: GENERIC, ...profiles[GENERIC] }
  const own = { ...generic, ...(name === undefined ? {} : { ...profiles[name], name }) }
  // the form of profiles is held by the tool's own test
  return { profile: own as unknown as Profile, known: name !== undefined }
}

/** The evidence class that a name stands for; undefined for anything else. */
export function classNamed(
  text: string,
  classes: readonly string[],
  aliases: Profile['aliases'],
): string | undefined {
  const folded = foldWord(text)
  return classes.find((name) =>
    [name, ...(aliases[name] ?? [])].some((one) => {
      const word = foldWord(one)
      return folded === word || folded === `${word}s` || `${folded}s` === word
    }),
  )
}
