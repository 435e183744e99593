/** The repository agrees with itself: what is said twice is said the same way. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TOPIC_NAMES, topics } from '@prooftrail/contracts'
import { describe, expect, test } from 'vitest'
import { readCodeTables } from '../packages/contracts/codegen/errors-page.ts'
import { readMetricTables } from '../packages/contracts/codegen/metrics-page.ts'
import { readIntroductions, type Setting } from '../packages/contracts/codegen/service-files.ts'
import { filesBelow, ROOT, readText, sourcesOf, sourceTextOf } from './repo/files.ts'
import { allTextOf, importsOf, readWorkspaces, specifiersIn } from './repo/workspaces.ts'

const workspaces = readWorkspaces()
const executors = readdirSync(join(ROOT, 'services/executors'))
const services = readdirSync(join(ROOT, 'services')).filter((name) => name !== 'executors')
const isService = (name: string) => services.includes(name.slice('@prooftrail/'.length))
const scoped = (names: readonly string[]) => names.filter((name) => name.startsWith('@prooftrail/'))

describe('topics', () => {
  // What each of them reads and writes is compared by the compiler: `defineService`.
  test('whoever the catalogue names is a service, an executor, an agent or an operator', () => {
    const named = TOPIC_NAMES.flatMap((name) => [...topics[name].writers, ...topics[name].readers])
    const known = [...services, 'executor', 'agent', 'operator']
    expect([...new Set(named)].filter((party) => !known.includes(party))).toEqual([])
  })
})

describe('settings', () => {
  const { services: introduced, common, executor } = readIntroductions(ROOT)
  const owners: [string, readonly Setting[]][] = [
    ...introduced.map(({ folder, env }): [string, readonly Setting[]] => [folder, env]),
    ['packages/executor-sdk', executor],
    ['packages/runtime', common],
  ]

  test.each(owners)('%s reads what it is introduced with, and nothing else', (folder, env) => {
    const source = sourceTextOf(folder)
    const read = [...source.matchAll(/(?:\(env, |const name = )'([A-Z_]+)'/g)]
    const known = [...env, ...common].map(({ name }) => name)
    expect(read.length).toBeGreaterThan(0)
    expect(read.filter(([, name = '']) => !known.includes(name))).toEqual([])
    const unread = env.filter(({ name }) => name !== 'PORT' && !source.includes(name))
    expect(unread).toEqual([])
  })

  test.each(owners)('the defaults of %s are those of its code', (folder, env) => {
    const source = sourceTextOf(folder)
    const numbers = [...source.matchAll(/\(env, '([A-Z_]+)', ([\d_]+)\)/g)]
    const differing = numbers.filter(([, name, number = '']) => {
      const stated = env.find((setting) => setting.name === name)?.default
      return name !== 'PORT' && stated !== number.replaceAll('_', '')
    })
    expect(differing).toEqual([])
  })

  test.each(introduced)('$name listens by default where it is introduced', ({ folder, port }) => {
    expect(sourceTextOf(folder)).toContain(`(env, 'PORT', ${port})`)
  })
})

describe('packages', () => {
  test.each(workspaces)('$folder declares what it imports and builds after it', (workspace) => {
    const { dependencies, imports, references } = workspace
    expect(imports.filter((name) => !dependencies.includes(name))).toEqual([])
    expect(references).toEqual(scoped(dependencies))
  })

  test('services and executors use every package that they declare', () => {
    for (const { folder, dependencies } of workspaces) {
      if (!folder.startsWith('services/')) continue
      const text = allTextOf(folder)
      const unused = scoped(dependencies).filter((name) => !text.includes(`'${name}`))
      expect({ folder, unused }).toEqual({ folder, unused: [] })
    }
  })

  test('nobody reaches into another package', () => {
    const inside = /^@prooftrail\/[a-z-]+\/(src|dist)|\.\.\/(packages|services)\/.*\/src\//
    const reaching = workspaces
      .flatMap(({ folder }) => filesBelow(`${folder}/src`, '.ts'))
      .filter((path) => specifiersIn(readText(path)).some((specifier) => inside.test(specifier)))
    expect(reaching).toEqual([])
  })

  test('the log of attestation has one door, and knows nothing of what is around it', () => {
    const src = 'services/attestation/src/'
    const sources = sourcesOf('services/attestation').map((path) => ({
      path,
      specifiers: specifiersIn(readText(path)),
    }))
    const isOfLog = ({ path }: { path: string }) => path.startsWith(`${src}log/`)
    const around = sources.filter((one) => !isOfLog(one)).flatMap((one) => one.specifiers)
    expect(around.filter((one) => /\/log\/(?!index\.ts$)/.test(one))).toEqual([])
    const inside = sources.filter(isOfLog).flatMap((one) => one.specifiers)
    expect(inside.filter((one) => one.startsWith('..'))).toEqual([])
    expect(inside).toContain('./store.ts')
  })

  test('only tests use fixtures and the package of examples, and no image holds it', () => {
    const forTests = (specifier: string) =>
      specifier.endsWith('.fixtures.ts') || specifier.startsWith('@prooftrail/testing')
    const using = workspaces
      .flatMap(({ folder }) => sourcesOf(folder))
      .filter((path) => specifiersIn(readText(path)).some(forTests))
    expect(using).toEqual([])
    const named = workspaces.flatMap(({ folder }) => filesBelow(`${folder}/src`))
    expect(named.filter((path) => /\/testing[./]/.test(path))).toEqual([])
    const shipping = workspaces.filter(({ dependencies }) =>
      dependencies.includes('@prooftrail/testing'),
    )
    expect(shipping).toEqual([])
    expect(readText('deploy/Dockerfile.dockerignore').split('\n')).toContain('packages/testing')
  })

  test('the package of examples knows what is below the services, and declares it', () => {
    const { dependencies } = JSON.parse(readText('packages/testing/package.json'))
    const declared = Object.keys(dependencies).sort()
    const imported = importsOf(filesBelow('packages/testing/src', '.ts'))
    expect(imported.filter((name) => !declared.includes(name))).toEqual([])
    expect(scoped(declared).filter((name) => isService(name))).toEqual([])
  })

  test('arrows point one way: trail, contracts, runtime, then services and executors', () => {
    const below: Readonly<Record<string, readonly string[]>> = {
      trail: [],
      stack: [],
      contracts: ['trail'],
      runtime: ['trail', 'contracts'],
      'agent-sdk': ['trail', 'contracts'],
      'executor-sdk': ['trail', 'contracts', 'runtime'],
    }
    for (const { folder, dependencies } of workspaces) {
      const name = folder.split('/').at(-1) ?? ''
      if (folder === 'packages/cli') continue
      const allowed = executors.includes(name)
        ? ['trail', 'contracts', 'executor-sdk']
        : (below[name] ?? ['trail', 'contracts', 'runtime'])
      const own = scoped(dependencies).map((one) => one.slice('@prooftrail/'.length))
      expect({ folder, beyond: own.filter((one) => !allowed.includes(one)) }).toEqual({
        folder,
        beyond: [],
      })
    }
  })
})

describe('codes and metrics', () => {
  test('every code that is used has an entry, and every entry is used', async () => {
    const tables = await readCodeTables(ROOT)
    const known = tables.flatMap(({ codes }) => [...codes.keys()])
    const used = workspaces
      .flatMap(({ folder }) => sourcesOf(folder))
      .filter((path) => !path.endsWith('/codes.ts') && !path.includes('/generated/'))
      .flatMap((path) => readText(path).match(/(?<=['`])PT-\d{4}(?=[' ])/g) ?? [])
    expect([...new Set(used)].filter((code) => !known.includes(code))).toEqual([])
    const keyed = tables.flatMap(({ owner }) => readText(`${owner}/src/codes.ts`))
    const unused = known.filter((code) => !used.includes(code) && !isAlias(keyed, code))
    expect(unused).toEqual([])
  })

  test('every metric has a name by the rules and says what it tells; only the runtime makes any', async () => {
    for (const { metrics } of await readMetricTables(ROOT)) {
      for (const [name, { type, unit, help, labels = [], buckets }] of Object.entries(metrics)) {
        expect(name).toMatch(/^[a-z][a-z_]+$/)
        expect(help).toMatch(/^\S.*[^.]$/)
        // base units, and names that say what kind of number they are
        expect(`${name} ${type}`).toMatch(/_total counter$|^(?!.*_total).* (gauge|histogram)$/)
        expect({ name, inSeconds: /_seconds$/.test(name) }).toEqual({
          name,
          inSeconds: /^seconds\b/.test(unit),
        })
        expect({ name, hasBuckets: buckets !== undefined }).toEqual({
          name,
          hasBuckets: type === 'histogram',
        })
        for (const label of labels) expect(label).not.toMatch(/id$|agent|account|order/)
      }
    }
    const makers = workspaces.filter(({ imports }) => imports.includes('prom-client'))
    expect(makers.map(({ folder }) => folder)).toEqual(['packages/runtime'])
  })
})

describe('texts', () => {
  const texts = filesBelow('').filter((path) => !/\.(png|ico|woff2?|jar|gz)$/.test(path))

  test('none names a place on somebody’s machine, or where packages are fetched from', () => {
    const places = /(?<![\w.~-])\/(?:home|root|work|Users)\/\w|[\w-]+\.npmjs\.org|yarnpkg\.com/
    const found = texts.filter((path) => places.test(readText(path)))
    expect(found).toEqual([])
    const lock: { packages: Record<string, { resolved?: string }> } = JSON.parse(
      readText('package-lock.json'),
    )
    const fetched = Object.values(lock.packages).filter(({ resolved }) => resolved?.includes(':'))
    expect(fetched).toEqual([])
  })

  test.each(texts.filter((path) => path.endsWith('.md')))('the links of %s resolve', (path) => {
    const links = [...readText(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '')
    const dead = links.filter((link) => !/^[a-z]+:/.test(link) && !resolves(path, link))
    expect(dead).toEqual([])
  })

  test.each([...services.map((name) => `services/${name}`)])('%s tells what it is', (folder) => {
    const headings = [...readText(`${folder}/README.md`).matchAll(/^## (.+)$/gm)]
    const names = headings.map(([, name]) => name)
    expect(names).toEqual(['Takes', 'Gives', 'Owns', 'Goes wrong when'])
  })
})

/** True for a code whose table is used by other names: `FAULTS.tooLarge` for PT-1009. */
function isAlias(tables: readonly string[], code: string): boolean {
  return tables.some((text) => text.split(`'${code}'`).length > 2)
}

function resolves(path: string, link: string): boolean {
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? path : join(dirname(path), file)
  if (!existsSync(join(ROOT, target))) return false
  if (anchor === undefined) return true
  const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text]) => text ?? '')
  return headings.map(slug).includes(anchor)
}

/** A heading's anchor, as GitHub makes it. */
function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replace(/ /g, '-')
}
