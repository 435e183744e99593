/** Reading JSON that others wrote: what two parsers could read differently is refused. */
import { decodeUtf8 } from './bytes.ts'
import { checkJson, MAX_DEPTH } from './canonical.ts'
import { TrailError } from './errors.ts'

/**
 * The value of a JSON text, in linear time. Refuses bytes that are not UTF-8, a byte order mark,
 * a key given twice in one object, and all that `checkJson` refuses (wire format section 1).
 * @throws TrailError JSON_*
 */
export function parseStrict(text: string | Uint8Array): unknown {
  const json = typeof text === 'string' ? text : decodeUtf8(text)
  if (json === undefined) throw new TrailError('JSON_ENCODING', 'the bytes are not UTF-8')
  const value = parse(json)
  checkKeys(json)
  checkJson(value)
  return value
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new TrailError('JSON_SYNTAX', 'the text is not JSON', { cause })
  }
}

/** Walks a text that is known to be JSON and compares the keys of each object. */
function checkKeys(json: string): void {
  const open: (Set<string> | undefined)[] = []
  let keyIsNext = false
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case '"': {
        const end = endOfString(json, i)
        if (keyIsNext) takeKey(json.slice(i, end + 1), open.at(-1))
        keyIsNext = false
        i = end
        break
      }
      case '{':
      case '[': {
        const isObject = json[i] === '{'
        open.push(isObject ? new Set() : undefined)
        keyIsNext = isObject
        if (open.length > MAX_DEPTH) {
          throw new TrailError('JSON_DEPTH', `nesting deeper than ${MAX_DEPTH} at character ${i}`)
        }
        break
      }
      case '}':
      case ']':
        open.pop()
        keyIsNext = false
        break
      case ',':
        keyIsNext = open.at(-1) !== undefined
        break
    }
  }
}

function takeKey(quoted: string, keys: Set<string> | undefined): void {
  const key: unknown = quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1)
  if (typeof key !== 'string' || keys === undefined) return
  if (keys.has(key)) throw new TrailError('JSON_DUPLICATE_KEY', `the key ${quoted} is given twice`)
  keys.add(key)
}

/** The index of the quote that closes the string whose opening quote is at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

function isEscaped(json: string, index: number): boolean {
  let first = index
  while (json[first - 1] === '\\') first--
  return (index - first) % 2 === 1
}
