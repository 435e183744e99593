import { PANELS } from '../generated/panels.ts'
import { Sampler } from './sampler.ts'
import type { Named } from './scrape.ts'

/** The sampler of all panels over the processes of a deployment. */
export function openSampler(named: readonly Named[]): Sampler {
  return new Sampler(named, PANELS)
}
