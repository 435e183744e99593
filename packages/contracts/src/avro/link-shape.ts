/** Records that are links (schemas/shared/*-link.avsc, topics with a `link`), and their bytes. */
import { generatedLinks } from '../generated/schemas.ts'
import type { RecordShape, Shape } from './shape.ts'

/** Of which kind the links are that a record holds. */
export type KindOf =
  | { readonly from: 'record'; readonly kind: string }
  /** The member `name` says it: a tool's own links. */
  | { readonly from: 'member' }

/** Undefined for a record that is no link. */
export function kindOfRecord({ name }: RecordShape): KindOf | undefined {
  if (!Object.hasOwn(generatedLinks, name)) return undefined
  const kind = generatedLinks[name]
  return kind === undefined ? { from: 'member' } : { from: 'record', kind }
}

/**
 * Names what decides a value's bytes: the fields with their types, whatever records are called.
 * Values of one layout have the same bytes.
 */
export function layoutOf(shape: Shape): string {
  switch (shape.kind) {
    case 'array':
      return `[${layoutOf(shape.items)}]`
    case 'map':
      return `{${layoutOf(shape.values)}}`
    case 'record': {
      const fields = shape.fields.map(
        ({ name, optional, shape: one }) => `${name}${optional ? '?' : ''}:${layoutOf(one)}`,
      )
      return `(${fields.join()})`
    }
    case 'string':
    case 'boolean':
    case 'int':
    case 'long':
    case 'json':
      return shape.kind
  }
}
