import { type Bundle, type Verdict, verifyTrail } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import { until } from './until.ts'

/** A sealed trail that verified, with its objects by link name. */
export interface VerifiedTrail {
  bundle: Bundle
  verdict: Verdict
  /** The object of a link; of an attestation, the seal's predicate. */
  object(name: string): Record<string, unknown>
  /** The statement of a link, seals included. */
  statement(name: string): { subject: unknown; predicateType: string; predicate: unknown }
}

/**
 * Waits for the bundle of a work order, at least of `revision`, and verifies it.
 * @throws Error naming what failed when it does not verify
 */
export async function fetchVerified(
  attestation: string,
  id: string,
  revision = 0,
): Promise<VerifiedTrail> {
  const text = await until(`trail of ${id}, revision ${revision}`, async () => {
    const answer = await fetch(`${attestation}/v1/trails/${id}`)
    if (answer.status === 404 || answer.status === 503) return undefined
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    const body = await answer.text()
    const { links } = JSON.parse(body)
    const seals = links.filter(({ name }: { name: string }) => /^attestation\b/.test(name))
    return seals.length > revision ? body : undefined
  })
  const keys = await (await fetch(`${attestation}/keys.json`)).text()
  const verdict = verifyTrail(text, keys)
  if (!verdict.ok) throw new Error(`${id} does not verify: ${JSON.stringify(verdict, null, 1)}`)
  // it verified, so it is a bundle
  const bundle = parseStrict(Buffer.from(text)) as unknown as Bundle
  const statement = (name: string) => {
    const link = bundle.links.find((one) => one.name === name)
    if (!link) throw new Error(`${id} has no ${name}: ${bundle.links.map((one) => one.name)}`)
    return JSON.parse(Buffer.from(link.envelope.payload, 'base64').toString())
  }
  return {
    bundle,
    verdict,
    statement,
    object(name) {
      const { predicate } = statement(name)
      return predicate.object ?? predicate
    },
  }
}
