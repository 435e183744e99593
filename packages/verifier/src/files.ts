/** Which of the files that somebody drops is the trail, which the keys, which a policy. */

export const FILE_KINDS = ['trail', 'keys', 'policy'] as const

export type FileKind = (typeof FILE_KINDS)[number]

/**
 * What a file is, by what it says; one that cannot be read as JSON, by its name: a trail that was
 * cut off is still to be told that it does not verify.
 * @returns undefined for a file that is none of them
 */
export function kindOfFile(name: string, text: string): FileKind | undefined {
  const value = parsed(text)
  if (typeof value === 'object' && value !== null) {
    const has = (member: string) => Object.hasOwn(value, member)
    if (has('keys')) return 'keys'
    if (has('witnesses')) return 'policy'
    return has('links') || has('log') || has('format') ? 'trail' : undefined
  }
  if (/trail.*\.json$/i.test(name)) return 'trail'
  if (/policy.*\.json$/i.test(name)) return 'policy'
  return /keys.*\.json$/i.test(name) ? 'keys' : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
