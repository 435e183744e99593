import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * What tells this run of a process from a later one that got the same number: its start time.
 * Undefined when no such process runs (an ended one that nobody has collected yet counts as not running).
 */
export async function identifyProcess(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat !== undefined) {
    // the name in parentheses may hold blanks; state is the first field after it, start time the twentieth
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : `ticks ${fields[19]}`
  }
  if (process.platform === 'linux') return undefined
  const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', `${pid}`]).catch(() => ({
    stdout: '',
  }))
  const [, state, started] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
  return !started || state?.startsWith('Z') ? undefined : started
}

/** Numbers of all running processes whose command line, or on Linux whose environment, holds one of the marks. */
export async function findProcesses(marks: readonly string[]): Promise<number[]> {
  const table = process.platform === 'linux' ? await readProc() : await readPs()
  return table
    .filter(({ pid, command }) => pid !== process.pid && marks.some((mark) => holds(command, mark)))
    .map(({ pid }) => pid)
}

function holds(command: string, mark: string): boolean {
  return ` ${command} `.includes(` ${mark} `)
}

async function readProc(): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    pids.map(async (pid) => {
      const files = ['cmdline', 'environ'].map((name) => `/proc/${pid}/${name}`)
      // others' environments cannot be read, and are not ours
      const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))
      return { pid: Number(pid), command: texts.join('\0').replaceAll('\0', ' ').trim() }
    }),
  )
}

async function readPs(): Promise<{ pid: number; command: string }[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 64 << 20 })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    return pid && command ? [{ pid: Number(pid), command: command.trim() }] : []
  })
}
