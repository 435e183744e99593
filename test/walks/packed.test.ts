/**
 * What a customer installs: the packed packages in an empty project, away from this repository. Types,
 * modules and commands work there, and nothing of the workspace is in them.
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT, readText } from '../repo/files.ts'
import { readWorkspaces } from '../repo/workspaces.ts'
import { linkPackages, makeScratch, type Scratch } from './scratch.ts'

const run = promisify(execFile)

/** The packages that are published: those that are not private. */
const published = readWorkspaces().filter(
  ({ folder }) => JSON.parse(readText(`${folder}/package.json`)).private !== true,
)

let scratch: Scratch
let project: string
const tarballs: string[] = []

async function npm(cwd: string, ...args: string[]): Promise<string> {
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  // npm tells scripts of this repository where it is; the customer's npm does not know
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(registry|cache))/i.test(name)),
  )
  return (await run('npm', [...args, ...quiet], { cwd, env, maxBuffer: 1 << 26 })).stdout
}

beforeAll(async () => {
  scratch = makeScratch()
  linkPackages(scratch.root)
  project = mkdtempSync(join(tmpdir(), 'prooftrail-customer-'))
  // one after the other: a package's build reads those that it needs
  for (const { folder } of published) {
    const dir = join(scratch.root, folder)
    const out = await npm(dir, 'pack', '--json', '--pack-destination', project)
    const [{ filename }] = JSON.parse(out.slice(out.indexOf('[\n')))
    tarballs.push(join(project, filename))
  }
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'customer', private: true, type: 'module' }),
  )
  await npm(project, 'install', ...tarballs)
}, 300_000)
afterAll(() => {
  scratch?.remove()
  if (project) rmSync(project, { recursive: true, force: true })
})

describe('given the published packages installed in an empty project', () => {
  test('they are those that agents and tool teams need, with what these need', () => {
    const names = published.map(({ name }) => name.replace('@prooftrail/', ''))
    expect(names.sort()).toEqual(['agent-sdk', 'contracts', 'executor-sdk', 'runtime', 'trail'])
  })

  test('when their files are listed, then none is a source, a test or a build note', () => {
    for (const tarball of tarballs) {
      const files = execFileSync('tar', ['-tzf', tarball]).toString().trim().split('\n')
      const odd = files.filter(
        (file) =>
          !/^package\/(dist\/.+\.(js|d\.ts|map)|bin\/.+\.js|[A-Z]+(\.md)?|package\.json)$/.test(
            file,
          ),
      )
      expect({ tarball, odd }).toEqual({ tarball, odd: [] })
      expect(files.filter((file) => /\.(test|fixtures)\./.test(file))).toEqual([])
      expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md']))
    }
  })

  test('when their package.json are read, then they ask for released versions of each other', () => {
    for (const { name } of published) {
      const path = join(project, 'node_modules', name, 'package.json')
      const { dependencies, license, version } = JSON.parse(readFileSync(path, 'utf8'))
      expect(license).toBe('Apache-2.0')
      const own = Object.entries(dependencies).filter(([to]) => to.startsWith('@prooftrail/'))
      expect(own.filter(([, range]) => range !== `^${version}`)).toEqual([])
    }
  })

  test('when a program uses them, then it compiles strictly and runs', async () => {
    writeFileSync(join(project, 'use.ts'), PROGRAM)
    const options = {
      compilerOptions: {
        ...{ module: 'nodenext', target: 'es2023', strict: true, noEmitOnError: true },
        ...{ exactOptionalPropertyTypes: true, types: ['node'], skipLibCheck: true },
        ...{ typeRoots: [join(ROOT, 'node_modules/@types')] },
      },
      files: ['use.ts'],
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(ROOT, 'node_modules/.bin/tsc')
    await run(tsc, ['-p', '.'], { cwd: project }).catch(({ stdout }) => {
      throw new Error(stdout)
    })
    const { stdout } = await run(process.execPath, ['use.js'], { cwd: project })
    expect(JSON.parse(stdout)).toEqual({ verdict: 'refused', act: true, topics: true, tool: true })
  }, 60_000)

  test('when a tool is started by its command, then it says which settings it needs', async () => {
    writeFileSync(join(project, 'execute.js'), 'export const execute = () => ({})\n')
    const manifest = readText('services/executors/tokenops/manifest.json')
    writeFileSync(join(project, 'manifest.json'), manifest)
    const bin = join(project, 'node_modules/.bin/prooftrail-executor')
    expect(existsSync(bin)).toBe(true)
    const ended = await run(bin, [], { cwd: project, env: { PATH: process.env.PATH } }).then(
      () => ({ code: 0, stdout: '', stderr: '' }),
      (error) => error,
    )
    expect(ended.code).toBe(78)
    expect(`${ended.stdout}${ended.stderr}`).toMatch(/KEY_FILE/)
  }, 60_000)
})

/** Uses each published package once, with its types. */
const PROGRAM = `
import { makeAgentKeys, makeWorkOrder, type OrderRequest } from '@prooftrail/agent-sdk'
import { ACTS, topics } from '@prooftrail/contracts'
import { type Execute } from '@prooftrail/executor-sdk'
import { defineService } from '@prooftrail/runtime'
import { verifyTrail } from '@prooftrail/trail'

const execute: Execute | undefined = undefined
const request: OrderRequest | undefined = undefined
void makeWorkOrder
void makeAgentKeys
void request
const { ok } = verifyTrail('{}', '{"keys":[]}')
console.log(
  JSON.stringify({
    verdict: ok ? 'holds' : 'refused',
    act: 'add_evidence' in ACTS,
    topics: 'work-order.submitted' in topics,
    tool: execute === undefined && typeof defineService === 'function',
  }),
)
`
