import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const BIN = fileURLToPath(new URL('../../packages/cli/bin/prooftrail.js', import.meta.url))

/** What a command ended with. */
export interface Ended {
  exit: number
  stdout: string
  stderr: string
}

/** The environment of a command that finds the world of this run. */
export function commandEnv(): NodeJS.ProcessEnv {
  return { ...process.env, PROOFTRAIL_HOME: process.env.E2E_DIR, NO_COLOR: '1' }
}

/** Runs `prooftrail …` to its end, as somebody would type it in that folder. */
export function prooftrail(cwd: string, ...args: string[]): Promise<Ended> {
  return run(process.execPath, [BIN, ...args], cwd)
}

/** The one document that `prooftrail --json …` prints. @throws with both outputs unless it exits 0 */
export async function prooftrailJson<T>(cwd: string, ...args: string[]): Promise<T> {
  const { exit, stdout, stderr } = await prooftrail(cwd, '--json', ...args)
  if (exit !== 0)
    throw new Error(`prooftrail ${args.join(' ')} exits ${exit}\n${stderr}\n${stdout}`)
  // each test names the shape that it looks at
  return JSON.parse(stdout) as T
}

export function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, [...args], { cwd, env: commandEnv() }, (error, stdout, stderr) => {
      resolve({ exit: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

/** A command that stays, until the test is over. Resolves when it has said `sign`. */
export async function stays(
  file: string,
  args: readonly string[],
  cwd: string,
  sign: RegExp,
  env: NodeJS.ProcessEnv = {},
): Promise<ChildProcess> {
  const child = spawn(file, [...args], { cwd, env: { ...commandEnv(), ...env } })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  onTestFinished(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (sign.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}: ${said}`)))
  })
  return child
}

/** `prooftrail tools run` in that folder, until the test is over. */
export function runsTool(folder: string): Promise<ChildProcess> {
  return stays(process.execPath, [BIN, 'tools', 'run', '.'], folder, /takes commands/)
}

/** A folder outside the repository, gone when the test is over. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prooftrail-tool-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
