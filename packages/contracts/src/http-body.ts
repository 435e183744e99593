import { checkBySchema, type HttpSchemaName } from './check.ts'
import type { Fault } from './faults.ts'

export type { HttpSchemaName } from './check.ts'

/** Every fault of a parsed HTTP body against a schema of schemas/http/ (PT-9013). */
export function checkHttpBody(name: HttpSchemaName, body: unknown): Fault[] {
  return checkBySchema(name, body, 'PT-9013')
}
