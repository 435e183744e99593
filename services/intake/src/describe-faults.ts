/** Where a reason lists many things, it names the first ones and counts the rest. */
const MAX_LISTED = 20
const MAX_WORDS = 1_000

/** The first items of a list as one line, with the number of those left out. */
export function listed(items: readonly string[]): string {
  const more = items.length > MAX_LISTED ? `, and ${items.length - MAX_LISTED} more` : ''
  return shorten(items.slice(0, MAX_LISTED).join(', ') + more)
}

/** Faults as one line, for people; `whole` names what an empty path stands for. */
export function describeFaults(
  faults: readonly { path: string; detail: string }[],
  whole: string,
): string {
  return listed(faults.map(({ path, detail }) => `${whole}${path} ${detail}`))
}

function shorten(text: string): string {
  // cut between characters, never inside one of two halves: texts of a record are well-formed
  return text.length > MAX_WORDS ? `${[...text].slice(0, MAX_WORDS).join('')}…` : text
}
