import { parseKeySet, verifyTrail } from '@prooftrail/trail'
import { exampleTrail } from './example.ts'
import { percentile } from './stats.ts'

export interface VerifyResult {
  bundle_bytes: number
  links: number
  first_ms: number
  p50_us: number
  p99_us: number
}

const ROUNDS = 500

/** One bundle, verified again and again in this process: text in, verdict out. */
export function benchVerify(): VerifyResult {
  const { text, keys } = exampleTrail()
  const trusted = parseKeySet(keys)
  const took: number[] = []
  let links = 0
  for (let i = 0; i < ROUNDS; i += 1) {
    const before = performance.now()
    const verdict = verifyTrail(text, trusted)
    took.push(performance.now() - before)
    if (!verdict.ok) throw new Error(`the example does not verify: ${verdict.problems[0]?.code}`)
    links = verdict.links.length
  }
  const warm = took.slice(ROUNDS / 5)
  return {
    bundle_bytes: Buffer.byteLength(text),
    links,
    first_ms: took[0] ?? Number.NaN,
    p50_us: 1000 * percentile(warm, 0.5),
    p99_us: 1000 * percentile(warm, 0.99),
  }
}
