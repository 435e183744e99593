import { generateKeyPairSync, sign, verify } from 'node:crypto'

/** The work by which a machine is measured: signatures and JSON, as services do them. */
const ROUNDS = 600
/** What that takes on the machine for which times are promised: two cores of 2024, in milliseconds. */
const REFERENCE_MS = 80
const TRIES = 3

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const text = JSON.stringify(
  Array.from({ length: 40 }, (_, n) => ({ name: `field ${n}`, value: 'x'.repeat(30), n })),
)
const signature = sign(undefined, Buffer.from(text), privateKey)

/**
 * How many times as long as on the machine for which times are promised the same work takes here and
 * now, where others may use the processor too: 1 or more.
 */
export function slowness(): number {
  const times = Array.from({ length: TRIES }, () => {
    const began = performance.now()
    for (let n = 0; n < ROUNDS; n += 1) {
      const bytes = Buffer.from(JSON.stringify(JSON.parse(text)))
      if (!verify(undefined, bytes, publicKey, signature)) throw new Error('no signature')
    }
    return performance.now() - began
  })
  return Math.max(1, Math.min(...times) / REFERENCE_MS)
}
