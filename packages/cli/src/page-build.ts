import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { checkout } from './checkout.ts'
import type { Step } from './world.ts'

/**
 * The operator's page of a checkout, built when its sources are other ones than those of the files that
 * are there. An image holds it built.
 */

const PAGE = join(checkout, 'services/console/web')
const BUILT = join(PAGE, 'dist')
/** Names the sources that the built files are of; beside them, and served to nobody. */
const MARK = join(BUILT, '.sources')

/** All that the built files depend on. */
const SOURCES = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map((name) =>
    join(PAGE, name),
  ),
  ...['trail', 'verifier', 'contracts'].map((name) => join(checkout, 'packages', name, 'src')),
  join(checkout, 'package-lock.json'),
]

/**
 * Builds the page if it has to be; several may ask at once. What is wrong is said and stops nothing:
 * everything that the page shows can be had by command.
 */
export async function buildPage(onStep: (step: Step) => void): Promise<void> {
  const vite = findVite()
  if (!existsSync(join(PAGE, 'src')) || vite === undefined) return
  const digest = digestOf(SOURCES)
  if (isBuilt(digest)) return
  onStep({ part: 'page', message: 'building' })
  const said = await run(vite)
  if (said !== undefined) {
    onStep({ part: 'page', message: `not built: ${said}` })
    return
  }
  mkdirSync(BUILT, { recursive: true })
  writeFileSync(MARK, digest)
  onStep({ part: 'page', message: 'ready' })
}

function findVite(): string | undefined {
  try {
    const require = createRequire(join(PAGE, 'package.json'))
    return join(dirname(require.resolve('vite/package.json')), 'bin/vite.js')
  } catch {
    return undefined
  }
}

function isBuilt(digest: string): boolean {
  try {
    return readFileSync(MARK, 'utf8') === digest && existsSync(join(BUILT, 'index.html'))
  } catch {
    return false
  }
}

/** @returns why there is no page; undefined where there is */
function run(vite: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vite, 'build', PAGE, '--logLevel', 'error'], {
      cwd: checkout,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(0, 2_000)
    })
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) => {
      const [line = `vite ended with ${code}`] = said.split('\n').filter((one) => one.trim())
      resolve(code === 0 ? undefined : line)
    })
  })
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths)
    for (const file of filesOf(path)) hash.update(file).update(readFileSync(file))
  return hash.digest('hex')
}

/** A file, or all files of a folder, always in the same order. */
function filesOf(path: string): string[] {
  if (!existsSync(path)) return []
  const isFolder = ['src', 'public'].some((name) => path.endsWith(`/${name}`))
  if (!isFolder) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}
