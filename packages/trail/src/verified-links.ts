/** The links of a message, and which of them are signed by the keys that they name. */
import type { PublicJwk } from './jwk.ts'
import { Link } from './link.ts'
import { isObject } from './shape.ts'

/** The links that a message carries, in the order of its members. Links inside objects are none. */
export function linksOf(value: unknown): Link<string>[] {
  if (value instanceof Link) return [value]
  if (Array.isArray(value)) return value.flatMap(linksOf)
  return isObject(value) ? Object.values(value).flatMap(linksOf) : []
}

/** Asks whether a link's signature was found to be that of the key it names. */
export type VerifiedLinks = Pick<ReadonlySet<Link<string>>, 'has'>

/**
 * Checks signatures ahead: those links whose key is found and whose signature is that key's.
 * @param findKey undefined where the link's key is not known, or need not be asked
 */
export async function verifiedLinks<L extends Link<string>>(
  links: readonly L[],
  findKey: (link: L) => PublicJwk | undefined,
): Promise<Set<Link<string>>> {
  const verified = new Set<Link<string>>()
  await Promise.all(
    links.map(async (link) => {
      const key = findKey(link)
      if (key !== undefined && (await link.verify(key))) verified.add(link)
    }),
  )
  return verified
}
