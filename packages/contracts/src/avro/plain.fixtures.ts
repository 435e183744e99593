import { Link } from '@prooftrail/trail'
import type { Shape } from './shape.ts'

/** A decoded value without its links: their records, as the schema has them. */
export function plainOf(shape: Shape, value: unknown): unknown {
  if (value instanceof Link && shape.kind === 'record') {
    const isNamed = shape.fields.some(({ name }) => name === 'name')
    return plainOf(shape, { ...(isNamed ? { name: value.kind } : {}), ...value.toJSON() })
  }
  if (shape.kind === 'array' && Array.isArray(value)) {
    return value.map((item) => plainOf(shape.items, item))
  }
  if (shape.kind !== 'record') return value
  const plain: Record<string, unknown> = {}
  for (const { name, shape: member } of shape.fields) {
    const found = Object(value)[name]
    if (found !== undefined) plain[name] = plainOf(member, found)
  }
  return plain
}
