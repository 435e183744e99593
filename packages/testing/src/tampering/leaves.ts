/** Single values inside a JSON value. */
import type { Random } from './random.ts'

export interface Leaf {
  /** Member names, joined by dots. */
  path: string
  value: unknown
  set(value: unknown): void
}

/** One of the scalars inside, whose path fits; undefined where none does. */
export function pickLeaf(
  root: object,
  random: Random,
  fits: (path: string) => boolean,
): Leaf | undefined {
  const all = leavesOf(root, '').filter(({ path }) => fits(path))
  return all.length === 0 ? undefined : random.pick(all)
}

function leavesOf(node: object, path: string): Leaf[] {
  return Object.entries(node).flatMap(([key, value]) => {
    const here = path === '' ? key : `${path}.${key}`
    if (typeof value === 'object' && value !== null) return leavesOf(value, here)
    return { path: here, value, set: (other: unknown) => Reflect.set(node, key, other) }
  })
}

/** A value of the same type that is another one; now and then of another type. */
export function otherValue(value: unknown, random: Random): unknown {
  if (random.below(10) === 0) return random.pick([[], {}, true, false, -1, 'other', '😀'])
  if (typeof value === 'number') return value + random.pick([-1, 1]) * (1 + random.below(50))
  if (typeof value !== 'string') return !value
  const characters = [...value]
  const at = random.below(characters.length + 1)
  const other = random.pick(['a', 'b', '2', 'Z', '_', 'ü'])
  switch (random.below(3)) {
    case 0:
      return characters.toSpliced(at, 0, other).join('')
    case 1:
      return characters.length === 0
        ? other
        : characters.toSpliced(at % characters.length, 1).join('')
    default: {
      const place = at % Math.max(characters.length, 1)
      const different = characters[place] === other ? '7' : other
      return characters.toSpliced(place, 1, different).join('')
    }
  }
}
