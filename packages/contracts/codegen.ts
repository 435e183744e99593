/**
 * Writes what follows from schemas/ and the code tables: types, schemas as data, the table of
 * topics, the AsyncAPI document, the page of codes. Run: `npm run codegen`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asyncApiDocument } from './codegen/asyncapi.ts'
import { readCatalogue } from './codegen/catalogue.ts'
import { errorsPage, readCodeTables } from './codegen/errors-page.ts'
import { httpSchemasSource, workOrderSchema } from './codegen/http-schemas.ts'
import { withRegion } from './codegen/region.ts'
import { schemasSource } from './codegen/schemas.ts'
import { schemasPage } from './codegen/schemas-page.ts'
import { statusWordsTable } from './codegen/status-words.ts'
import { typesSource } from './codegen/types.ts'

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

/** Every generated file by its path below the root. */
export async function generate(root: string): Promise<Map<string, string>> {
  const catalogue = readCatalogue(join(root, 'schemas'))
  const workOrder = workOrderSchema(catalogue)
  const http = httpSchemasSource(join(root, 'schemas/http'), workOrder)
  return new Map([
    ['packages/contracts/src/generated/types.ts', typesSource(catalogue)],
    ['packages/contracts/src/generated/schemas.ts', schemasSource(catalogue)],
    ['packages/contracts/src/generated/http-schemas.ts', http],
    ['schemas/http/work-order.schema.json', workOrder],
    ['schemas/README.md', schemasPage(catalogue)],
    ['schemas/asyncapi.json', asyncApiDocument(catalogue)],
    ['docs/errors.md', errorsPage(await readCodeTables(root))],
    withRegion(root, 'packages/executor-sdk/README.md', 'words', await statusWordsTable(root)),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await generate(ROOT)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}
