/** Objects with their keys in the order of JCS: what the language's serializer then writes is JCS. */

/** Answered for a value that is not beyond doubt. */
export const ODD: unique symbol = Symbol('odd')

const ZERO = 48
const NINE = 57

/**
 * The value itself where every object enumerates its keys in order, else a copy that does.
 * @returns ODD for anything but texts, booleans, numbers that `checkJson` passes, arrays and plain
 *   objects of these; for nesting deeper than `depth`; for the key `__proto__`; and for keys that
 *   begin with a digit where a copy is needed, because objects put those first
 */
export function inOrder(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))
        ? value
        : ODD
    case 'object':
      if (value === null || depth === 0) return ODD
      return Array.isArray(value) ? itemsInOrder(value, depth) : membersInOrder(value, depth)
    default:
      return ODD
  }
}

function itemsInOrder(items: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = inOrder(items[i], depth - 1)
    if (item === ODD) return ODD
    if (item === items[i]) continue
    copy ??= [...items]
    copy[i] = item
  }
  return copy ?? items
}

function membersInOrder(value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return ODD
  // a plain object's members are its own
  const members = value as Record<string, unknown>
  // the serializer would call it, whoever can see it
  if (typeof members.toJSON === 'function') return ODD
  const keys = Object.keys(members)
  const isSorted = areSorted(keys)
  let copy: Record<string, unknown> | undefined
  if (!isSorted) {
    keys.sort()
    copy = {}
  }
  for (const key of keys) {
    const before = members[key]
    const member = inOrder(before, depth - 1)
    if (member === ODD || key === '__proto__' || (!isSorted && isDigit(key))) return ODD
    if (copy !== undefined) copy[key] = member
    else if (member !== before) {
      copy = { ...members }
      copy[key] = member
    }
  }
  return copy ?? value
}

/** By UTF-16 code units, which is how the language compares texts. */
function areSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) {
    const [before = '', key = ''] = [keys[i - 1], keys[i]]
    if (key < before) return false
  }
  return true
}

function isDigit(key: string): boolean {
  const code = key.charCodeAt(0)
  return code >= ZERO && code <= NINE
}
