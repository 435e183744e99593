/** src/generated/schemas.ts: the catalogue as data, with the schemas that the registry holds. */
import { type Catalogue, expand, linkKinds } from './catalogue.ts'
import { MARK } from './mark.ts'

/** The text of schemas.ts. */
export function schemasSource(catalogue: Catalogue): string {
  const { topics, shared } = catalogue
  const entries = topics.map(({ name, stage, meta, record }) => {
    const { topic, ...rest } = meta
    const schema = JSON.stringify(expand(record, shared))
    const info = Object.entries({ name, stage, template: topic, doc: record.doc ?? '', ...rest })
    return [
      `  '${name}': {`,
      ...info.map(([key, value]) => `    ${key}: ${JSON.stringify(value)},`),
      `    record: ${JSON.stringify(`prooftrail.${record.name}`)},`,
      `    schema: ${JSON.stringify(schema)},`,
      '  },',
    ].join('\n')
  })
  return [
    MARK,
    '',
    '/** Every topic in the order in which a work order meets them; `schema` is Avro JSON text. */',
    `export const generatedTopics = {\n${entries.join('\n')}\n} as const`,
    '',
    '/** Records that are links, with their kind; undefined: the member `name` says it. */',
    'export const generatedLinks: Readonly<Record<string, string | undefined>> = {',
    ...[...linkKinds(catalogue)].map(
      ([record, kind]) => `  '${record}': ${kind === undefined ? kind : `'${kind}'`},`,
    ),
    '}',
    '',
  ].join('\n')
}
