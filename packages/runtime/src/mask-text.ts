const SECRETS: readonly [RegExp, string][] = [
  [/tt_[a-z2-7]{8,}/g, 'tt_…'],
  [/wh(sec|pk|sk)_[A-Za-z0-9+/=_-]{8,}/g, 'wh$1_…'],
  [/\bBearer\s+[^\s"\\]+/gi, 'Bearer …'],
  // credentials and queries of addresses
  [/(https?:\/\/)[^\s/@"\\]+@/g, '$1…@'],
  [/(https?:\/\/[^\s?"\\]+)\?[^\s"\\]+/g, '$1?…'],
]

/**
 * Text without what opens something: handles of tasks, secrets of callbacks, tokens, credentials and
 * queries of addresses. JSON stays JSON.
 */
export function maskText(text: string): string {
  return SECRETS.reduce((masked, [what, by]) => masked.replace(what, by), text)
}
