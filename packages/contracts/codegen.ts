/**
 * Writes what follows from schemas/, the code tables and the introductions of services: types,
 * schemas as data, the table of topics, the AsyncAPI and OpenAPI documents, the page of codes, the
 * tables of doors; the list of
 * services, what containers run and are told, the tables of settings. Run: `npm run codegen`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { aclsPage } from './codegen/acls-page.ts'
import { actsTable } from './codegen/acts-table.ts'
import { asyncApiDocument } from './codegen/asyncapi.ts'
import { readCatalogue } from './codegen/catalogue.ts'
import { chartKafka, chartServices } from './codegen/chart.ts'
import { composeFile, envExamples, groupsFile, scrapeFile } from './codegen/containers.ts'
import { doorsPages } from './codegen/doors-table.ts'
import { codeTableSource, errorsPage, readCodeTables } from './codegen/errors-page.ts'
import { httpSchemasSource, workOrderSchema } from './codegen/http-schemas.ts'
import { limitsTable } from './codegen/limits-table.ts'
import { metricsPage, readMetricTables } from './codegen/metrics-page.ts'
import { objectSchemasSource } from './codegen/object-schema.ts'
import { openApiDocument } from './codegen/openapi.ts'
import { references } from './codegen/references.ts'
import { withRegion } from './codegen/region.ts'
import { rulesPages } from './codegen/rules-table.ts'
import { schemasSource } from './codegen/schemas.ts'
import { schemasPage } from './codegen/schemas-page.ts'
import { readIntroductions } from './codegen/service-files.ts'
import { serviceListSource } from './codegen/service-list.ts'
import { settingsPage } from './codegen/settings-page.ts'
import { statusWordsTable } from './codegen/status-words.ts'
import { toolLinksTable } from './codegen/tool-links.ts'
import { typesSource } from './codegen/types.ts'
import { vocabularySource } from './codegen/vocabulary.ts'

/** The repository's root. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url))

const CHART_VALUES = 'deploy/helm/prooftrail/values.yaml'
const SCRAPED = 'deploy/observability/compose/prometheus.yml'

/** Every generated file by its path below the root. */
export async function generate(root: string): Promise<Map<string, string>> {
  const catalogue = readCatalogue(join(root, 'schemas'))
  const workOrder = workOrderSchema(catalogue)
  const http = httpSchemasSource(join(root, 'schemas/http'), workOrder)
  const introductions = readIntroductions(root)
  const codes = await readCodeTables(root)
  const textOf = (path: string) => readFileSync(join(root, path), 'utf8')
  const words = 'packages/executor-sdk/README.md'
  const bus = 'docs/executor-contract.md'
  return new Map([
    ['packages/trail/src/generated/vocabulary.ts', vocabularySource(catalogue.vocabulary)],
    ['packages/contracts/src/generated/types.ts', typesSource(catalogue)],
    ['packages/contracts/src/generated/schemas.ts', schemasSource(catalogue)],
    ['packages/contracts/src/generated/http-schemas.ts', http],
    ['packages/contracts/src/generated/object-schemas.ts', objectSchemasSource(catalogue)],
    ['packages/contracts/src/generated/code-table.ts', codeTableSource(codes)],
    ['schemas/http/work-order.schema.json', workOrder],
    ['schemas/README.md', schemasPage(catalogue)],
    ['schemas/asyncapi.json', asyncApiDocument(catalogue)],
    ['schemas/openapi.json', await openApiDocument(root, catalogue, introductions)],
    ['docs/acls.md', await aclsPage(root, catalogue, introductions)],
    ['docs/errors.md', errorsPage(codes)],
    ['docs/metrics.md', metricsPage(await readMetricTables(root))],
    ['docs/acts.md', withRegion(textOf('docs/acts.md'), 'acts', await actsTable(root))],
    ['docs/limits.md', withRegion(textOf('docs/limits.md'), 'limits', await limitsTable(root))],
    [words, withRegion(textOf(words), 'words', `\n${await statusWordsTable(root)}`)],
    [bus, withRegion(textOf(bus), 'tool-links', await toolLinksTable(root))],
    ['packages/cli/src/generated/services.ts', serviceListSource(introductions)],
    ['docker-compose.yml', composeFile(textOf('docker-compose.yml'), introductions)],
    ['deploy/groups.yml', groupsFile(textOf('docker-compose.yml'), introductions)],
    [SCRAPED, scrapeFile(textOf(SCRAPED), introductions)],
    [CHART_VALUES, withRegion(textOf(CHART_VALUES), 'services', chartServices(introductions))],
    ['deploy/helm/prooftrail/files/kafka.yaml', await chartKafka(root, catalogue, introductions)],
    ['docs/operating.md', settingsPage(textOf('docs/operating.md'), introductions)],
    ...envExamples(introductions),
    ...references(root),
    ...(await rulesPages(root)),
    ...(await doorsPages(root)),
  ])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of await generate(ROOT)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
}
