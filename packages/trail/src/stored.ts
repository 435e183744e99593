/**
 * Values that hold links and seals as JSON text, and back. Of what is signed the text is known: it
 * is taken as it stands, unparsed, and an object that was never opened is opened for its text only.
 */
import { Link } from './link.ts'
import { Seal, type SignedSeal } from './seal.ts'
import { isObject, type JsonObject } from './shape.ts'

/** The member that tells what is signed from everything else; a plain object that has it is wrapped. */
const MARK = '$signed'

/** The JSON text of a value; undefined members are absent. */
export function storedText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (value instanceof Link) return linkText(value)
  if (value instanceof Seal) return sealText(value)
  // the language's own serializer is the fastest where nothing signed is inside
  if (isPlain(value)) return JSON.stringify(value)
  let text = ''
  if (Array.isArray(value)) {
    for (const item of value) text += text === '' ? storedText(item) : `,${storedText(item)}`
    return `[${text}]`
  }
  const members = value as Record<string, unknown>
  for (const name of Object.keys(members)) {
    const member = members[name]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${quoted(name)}:${storedText(member)}`
  }
  return Object.hasOwn(value, MARK) ? `{"${MARK}":"","value":{${text}}}` : `{${text}}`
}

/** Names of members are few and come again with every state. */
function quoted(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const text = JSON.stringify(name)
  if (names.size >= MAX_NAMES) names.clear()
  names.set(name, text)
  return text
}

const names = new Map<string, string>()
const MAX_NAMES = 1_000

/** The value of a text that `storedText` wrote. @throws SyntaxError for what is no JSON */
export function readStored(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return text.includes(`"${MARK}"`) ? revive(value) : value
}

/** Whether a value holds nothing signed, and nothing that could be taken for it. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item)) return false
    return true
  }
  if (value instanceof Link || value instanceof Seal) return false
  // a plain object's members are its own
  const members = value as Record<string, unknown>
  for (const name in members) {
    const member = members[name]
    if (name === MARK || (typeof member === 'object' && !isPlain(member))) return false
  }
  return true
}

function linkText({ kind, after, key_id, text, signature }: Link<string>): string {
  const signed = JSON.stringify({ [MARK]: kind, after, key_id, signature })
  return `${signed.slice(0, -1)},"object":${text}}`
}

function sealText({ key_id, signature, text }: Seal): string {
  const signed = JSON.stringify({ [MARK]: 'seal', key_id, signature })
  return `${signed.slice(0, -1)},"statement":${text}}`
}

/** Members are set in their place: the value was just parsed and is nobody else's. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive)
  if (!isObject(value)) return value
  if (!Object.hasOwn(value, MARK)) return reviveMembers(value)
  const { [MARK]: kind, ...rest } = value
  // only `storedText` writes the mark, and what it writes beside it
  if (kind === '') return reviveMembers(rest.value as JsonObject)
  if (kind === 'seal') return Seal.fromWire(rest as unknown as SignedSeal)
  return Link.fromWire(kind as string, rest as unknown as Link)
}

function reviveMembers(value: JsonObject): JsonObject {
  for (const [name, member] of Object.entries(value)) {
    const revived = revive(member)
    if (revived !== member) value[name] = revived
  }
  return value
}
