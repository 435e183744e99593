/** The subset of Avro that topics use (wire format section 1), read from a schema's JSON. */

/** A type without names to resolve. */
export type Shape =
  | { readonly kind: 'string' | 'boolean' | 'int' | 'long' | 'json' }
  | { readonly kind: 'array'; readonly items: Shape }
  | { readonly kind: 'map'; readonly values: Shape }
  | RecordShape

export interface RecordShape {
  readonly kind: 'record'
  /** Full name, `prooftrail.WorkOrder`. */
  readonly name: string
  readonly fields: readonly FieldShape[]
}

export interface FieldShape {
  readonly name: string
  readonly shape: Shape
  /** `[null, X]`: absent in the JSON form where Avro says null. */
  readonly optional: boolean
}

/** The fewest bytes that a value of the shape takes. */
export function leastBytes(shape: Shape): number {
  if (shape.kind !== 'record') return 1
  const fields = shape.fields.map((field) => (field.optional ? 1 : leastBytes(field.shape)))
  return fields.reduce((sum, least) => sum + least, 0)
}

/** A schema outside the subset: floats, enums, bytes, wider unions, other defaults, recursion. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

type Names = Map<string, RecordShape | 'open'>

/**
 * The shape of a record's schema (parsed JSON, without references).
 * @throws ShapeError naming the path of what the subset does not hold
 */
export function parseShape(schema: unknown): RecordShape {
  const shape = shapeOf(schema, '', '', new Map())
  if (shape.kind !== 'record') throw new ShapeError('the schema is not a record')
  return shape
}

function shapeOf(schema: unknown, path: string, namespace: string, names: Names): Shape {
  if (typeof schema === 'string') return namedShape(schema, path, namespace, names)
  if (!isObject(schema)) throw new ShapeError(`${path}: only [null, X] is allowed as a union`)
  switch (schema.type) {
    case 'record':
      return recordShape(schema, path, namespace, names)
    case 'array':
      return { kind: 'array', items: shapeOf(schema.items, `${path}/items`, namespace, names) }
    case 'map':
      return { kind: 'map', values: shapeOf(schema.values, `${path}/values`, namespace, names) }
    case 'string':
      if (schema.logicalType === 'json') return { kind: 'json' }
      break
  }
  if (schema.logicalType !== undefined) {
    throw new ShapeError(`${path}: logical type ${String(schema.logicalType)} is not allowed`)
  }
  return shapeOf(schema.type, path, namespace, names)
}

function namedShape(type: string, path: string, namespace: string, names: Names): Shape {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'int':
    case 'long':
      return { kind: type }
  }
  const found = names.get(qualify(type, namespace))
  if (found === 'open') throw new ShapeError(`${path}: ${type} holds itself`)
  if (found === undefined) throw new ShapeError(`${path}: type ${type} is not allowed`)
  return found
}

function recordShape(
  schema: Record<string, unknown>,
  path: string,
  outer: string,
  names: Names,
): RecordShape {
  if (typeof schema.name !== 'string' || !Array.isArray(schema.fields)) {
    throw new ShapeError(`${path}: a record has a name and fields`)
  }
  const namespace = typeof schema.namespace === 'string' ? schema.namespace : outer
  const name = qualify(schema.name, namespace)
  if (names.has(name)) throw new ShapeError(`${path}: ${name} is defined twice`)
  if (schema.fields.length === 0) throw new ShapeError(`${path}: ${name} has no fields`)
  names.set(name, 'open')
  const home = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const fields = schema.fields.map((field) => fieldShape(field, path, home, names))
  if (new Set(fields.map((field) => field.name)).size !== fields.length) {
    throw new ShapeError(`${path}: ${name} names a field twice`)
  }
  const shape: RecordShape = { kind: 'record', name, fields }
  names.set(name, shape)
  return shape
}

function fieldShape(field: unknown, path: string, namespace: string, names: Names): FieldShape {
  if (!isObject(field) || typeof field.name !== 'string') {
    throw new ShapeError(`${path}: a field has a name`)
  }
  const { name, type } = field
  const here = `${path}/${name}`
  if (!Array.isArray(type)) {
    if ('default' in field) throw new ShapeError(`${here}: only [null, X] has a default`)
    return { name, optional: false, shape: shapeOf(type, here, namespace, names) }
  }
  if (type.length !== 2 || type[0] !== 'null' || type[1] === 'null') {
    throw new ShapeError(`${here}: only [null, X] is allowed as a union`)
  }
  if (field.default !== null) throw new ShapeError(`${here}: [null, X] has default null`)
  return { name, optional: true, shape: shapeOf(type[1], here, namespace, names) }
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
