/** JSON values as the JCS text that Avro carries (RFC 8785, wire format section 1). */
import { canonicalizeChecked, canonicalOnce, rememberCanonical } from '@prooftrail/trail'

/**
 * The JCS text of a value that nobody changes; one that was read has it already.
 * @throws TrailError JSON_* for what the JSON form refuses
 */
export const writeJson: (value: unknown) => string = canonicalOnce

/**
 * The value of a JCS text, or undefined when the text is another spelling of it: other order,
 * spaces, escapes or numbers, a key given twice.
 * @throws SyntaxError, or TrailError JSON_*
 */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (canonicalizeChecked(value) !== text) return undefined
  rememberCanonical(value, text)
  return value
}
