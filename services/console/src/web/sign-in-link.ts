import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Host } from '@prooftrail/runtime'

/**
 * One-time links for whoever may read the deployment's secret: made by the command line, redeemed by
 * the console.
 * L1 A link is redeemed once, within 12 hours, whichever process of the console it is shown to.
 * L2 It holds no right by itself: the session that it opens is worth what the console's own operator
 *    token is worth.
 */

const LIFETIME_MS = 12 * 3_600_000

/**
 * @param secret that of the deployment's sessions (SESSION_KEY)
 * @param now milliseconds since 1970
 */
export function makeSignInToken(secret: string, now: number): string {
  const said = Buffer.from(JSON.stringify({ nonce: randomBytes(16).toString('hex'), at: now }))
  const text = said.toString('base64url')
  return `${text}.${signed(secret, text)}`
}

/** Remembers that a link was used, until it would have ended. @returns whether this is the first time */
export type UseOnce = (nonce: string, ends: Date) => Promise<boolean>

const DUPLICATE = 11000

/** A collection beside the runs, the same for all processes. */
export function openUsedLinks(
  db: Host['db'],
  name: string,
): { prepare(): Promise<void>; use: UseOnce } {
  const used = db.collection<{ _id: string; ends: Date }>(name)
  return {
    prepare: async () => void (await used.createIndex({ ends: 1 })),
    async use(nonce, ends) {
      await used.deleteMany({ ends: { $lt: new Date() } })
      try {
        await used.insertOne({ _id: nonce, ends })
        return true
      } catch (error) {
        if (Object(error).code === DUPLICATE) return false
        throw error
      }
    },
  }
}

/** @returns why the link does not count; undefined where it does, and never again */
export async function redeem(
  token: string,
  { secret, now, use }: { secret: string; now: number; use: UseOnce },
): Promise<string | undefined> {
  const [text = '', signature = ''] = token.split('.')
  if (!sameText(signature, signed(secret, text))) return 'it is none of this console’s links'
  const { nonce, at } = read(text)
  if (now - at > LIFETIME_MS) return 'it is older than 12 hours'
  return (await use(nonce, new Date(at + LIFETIME_MS))) ? undefined : 'it was used before'
}

function signed(secret: string, text: string): string {
  return createHmac('sha256', secret).update(`prooftrail sign-in link\n${text}`).digest('base64url')
}

function read(text: string): { nonce: string; at: number } {
  // signed by this deployment: it is what makeSignInToken wrote
  return JSON.parse(Buffer.from(text, 'base64url').toString())
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
