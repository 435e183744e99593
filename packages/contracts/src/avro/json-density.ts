/** How much a JSON text becomes in memory, told from its bytes before anything is made of it. */

const QUOTE = 0x22
const ESCAPE = 0x5c

/**
 * Whether the JSON text from `start` to `end` opens more lists and objects than are allowed for so many
 * bytes. Text that is no JSON has some answer.
 */
export function isDenseJson(
  bytes: Buffer,
  start: number,
  end: number,
  allowed: (bytes: number) => number,
): boolean {
  const most = allowed(end - start)
  if (end - start <= most) return false
  // What stands in texts counts for nothing, which is looked at only if it matters.
  return brackets(bytes, start, end) > most && openedOutsideTexts(bytes, start, end) > most
}

/** `[` and `{` differ in one bit, which is set here. */
const OPENS = 0x7b
const BIT = 0x20
const [OPENS_4, BIT_4, ONES, HIGHS] = [0x7b7b7b7b, 0x20202020, 0x01010101, 0x80808080]

/** All of them, four bytes at a time: most words have none. */
function brackets(bytes: Buffer, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start)
  const whole = (end - start) & ~3
  let found = 0
  for (let i = 0; i < whole; i += 4) {
    // a byte of zero here is one of them
    const word = (view.getInt32(i) | BIT_4) ^ OPENS_4
    if (((word - ONES) & ~word & HIGHS) === 0) continue
    for (let at = i; at < i + 4; at++) if ((view.getUint8(at) | BIT) === OPENS) found++
  }
  for (let at = whole; at < end - start; at++) if ((view.getUint8(at) | BIT) === OPENS) found++
  return found
}

function openedOutsideTexts(bytes: Buffer, start: number, end: number): number {
  let opened = 0
  let isText = false
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0
    if (byte === QUOTE) isText = !isText
    else if (isText && byte === ESCAPE) i++
    else if (!isText && (byte | BIT) === OPENS) opened++
  }
  return opened
}
