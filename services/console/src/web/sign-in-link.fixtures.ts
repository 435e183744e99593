import type { UseOnce } from './sign-in-link.ts'

/** Used links in memory. */
export function memoryLinks(): UseOnce {
  const used = new Set<string>()
  return async (nonce) => !used.has(nonce) && used.add(nonce).size > 0
}
