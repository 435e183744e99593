/** A copy of the repository's sources that may be changed, with the packages that it needs. */
import { execFile } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { filesBelow, ROOT } from '../repo/files.ts'

export interface Scratch {
  root: string
  /** Runs a program of node_modules there. @returns what it printed @throws Error with it, where it fails */
  run(program: string, ...args: string[]): Promise<string>
  remove(): void
}

const GROUPS = ['packages', 'services', 'services/executors']

/** Copies what a clone has; third-party packages are linked, the repository's own are the copy's. */
export function makeScratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'prooftrail-walk-'))
  for (const path of filesBelow('')) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(join(ROOT, path), join(root, path))
  }
  const modules = join(root, 'node_modules')
  mkdirSync(modules)
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name !== '@prooftrail') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  return {
    root,
    async run(program, ...args) {
      const bin = join(modules, '.bin', program)
      const options = { cwd: root, env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1 << 26 }
      try {
        return (await promisify(execFile)(bin, args, options)).stdout
      } catch (error) {
        const { stdout, stderr } = Object(error)
        throw new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error })
      }
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Links the copy's own packages, as `npm install` does. */
export function linkPackages(root: string): void {
  const scope = join(root, 'node_modules/@prooftrail')
  mkdirSync(scope)
  for (const group of GROUPS) {
    for (const folder of readdirSync(join(root, group))) {
      let text: string
      try {
        text = readFileSync(join(root, group, folder, 'package.json'), 'utf8')
      } catch {
        continue
      }
      const { name } = JSON.parse(text)
      symlinkSync(join(root, group, folder), join(root, 'node_modules', name))
    }
  }
}
