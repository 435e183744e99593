/** The token of a one-time link: it stands in the fragment, which no server and no log sees. */
const NAME = 'sign-in'

let held = read()

function read(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get(NAME)
  if (token === null) return undefined
  // out of the address at once, so that no history and no screenshot keeps it
  history.replaceState(null, '', `${location.pathname}${location.search}`)
  return token
}

/** Answers the token once. */
export function takeLinkToken(): string | undefined {
  const token = held
  held = undefined
  return token
}

export function hasLinkToken(): boolean {
  return held !== undefined
}
