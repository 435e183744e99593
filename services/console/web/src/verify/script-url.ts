/**
 * The one place where a text becomes the address of a script: the page's policy
 * (`trusted-types prooftrail`) lets no other make one.
 */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

// browsers without trusted types have no such member
const trusted = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes
const policy = trusted?.createPolicy('prooftrail', { createScriptURL: ownScript })

/** @throws for the address of anything but a file of the page */
function ownScript(url: string): string {
  const { origin, pathname } = new URL(url, location.href)
  if (origin !== location.origin) throw new TypeError(`${url} is not a file of the page`)
  if (!import.meta.env.DEV && !pathname.startsWith('/assets/')) {
    throw new TypeError(`${url} is not a file of the page`)
  }
  return url
}

/** The address of one of the page's own scripts, as `Worker` takes it. */
export function scriptUrl(url: string): string {
  return policy ? policy.createScriptURL(url) : ownScript(url)
}
