import { readFileSync } from 'node:fs'

/** A finished trail of the test vectors: bundle and keys, as a verifier gets them. */
export function exampleTrail(): { bundle: unknown; keys: unknown; text: string } {
  const url = new URL('../../test/vectors/trails/tokenops-ready.json', import.meta.url)
  const { bundle, keys } = JSON.parse(readFileSync(url, 'utf8'))
  return { bundle, keys, text: JSON.stringify(bundle) }
}
