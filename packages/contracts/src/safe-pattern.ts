/** Regular expressions of strangers: only those whose work grows linearly with the text. */

const MAX_LENGTH = 200
/** In how many ways the bounded parts may match; with an unbounded repetition, fewer. */
const MAX_WAYS = 10_000
const MAX_WAYS_UNBOUNDED = 64
/** What `{n}` repeats in all: each is a step at every place where the pattern may begin to match. */
const MAX_COUNTED = 2_000
const MAX_COUNTED_UNBOUNDED = 256

/** Why a pattern is refused, or undefined when it may run. */
export function patternFault(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'a pattern is a string'
  if (pattern.length > MAX_LENGTH) return `a pattern has at most ${MAX_LENGTH} characters`
  try {
    new RegExp(pattern, 'u')
  } catch {
    return 'not a regular expression'
  }
  if (!pattern.startsWith('^')) return 'a pattern begins with ^'
  return scan(pattern)
}

/** Walks a pattern that is known to be well-formed, and counts in how many ways it may match. */
function scan(pattern: string): string | undefined {
  let ways = 1
  let unbounded = 0
  let counted = 0
  let depth = 0
  let afterGroup = false
  for (let i = 1; i < pattern.length; i++) {
    const char = pattern[i]
    switch (char) {
      case '\\':
        if (/[1-9k]/.test(pattern[i + 1] ?? '')) return 'no back-references'
        i = /^\\[pPu]\{/.test(pattern.slice(i)) ? pattern.indexOf('}', i) : i + 1
        afterGroup = false
        break
      case '[':
        i = endOfClass(pattern, i)
        afterGroup = false
        break
      case '(':
        if (pattern[i + 1] === '?' && pattern[i + 2] !== ':')
          return 'no look-around, no named group'
        if (pattern[i + 1] === '?') i += 2
        depth++
        afterGroup = false
        break
      case ')':
        depth--
        afterGroup = true
        break
      case '|':
        if (depth === 0) return 'alternatives stand in a group'
        ways *= 2
        afterGroup = false
        break
      case '*':
      case '+':
      case '?':
      case '{': {
        if (afterGroup) return 'no repeated group'
        const end = char === '{' ? pattern.indexOf('}', i) : i
        const { least, most } = bounds(pattern.slice(i, end + 1))
        counted += Number.isFinite(most) ? most : least
        if (most === Number.POSITIVE_INFINITY) unbounded++
        else ways *= most - least + 1
        i = pattern[end + 1] === '?' ? end + 1 : end
        break
      }
      default:
        afterGroup = false
    }
  }
  if (unbounded > 1) return 'one unbounded repetition at most'
  if (counted > (unbounded > 0 ? MAX_COUNTED_UNBOUNDED : MAX_COUNTED)) {
    return 'repeats too often'
  }
  if (ways > (unbounded > 0 ? MAX_WAYS_UNBOUNDED : MAX_WAYS)) return 'too many ways to match'
  return undefined
}

function endOfClass(pattern: string, start: number): number {
  let i = start + 1
  while (pattern[i] !== ']') i += pattern[i] === '\\' ? 2 : 1
  return i
}

function bounds(quantifier: string): { least: number; most: number } {
  if (quantifier === '?') return { least: 0, most: 1 }
  const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier) ?? []
  if (least === undefined) return { least: 0, most: Number.POSITIVE_INFINITY }
  if (comma === '') return { least: Number(least), most: Number(least) }
  return { least: Number(least), most: most === '' ? Number.POSITIVE_INFINITY : Number(most) }
}
