import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/**
 * P1 the child has the number of the server itself, so signals reach it directly.
 * P2 the child ends when this process ends, however it ends: the guard waits for the end of a pipe that only this
 *    process holds open. It asks the server to stop and kills it after ten seconds.
 * P3 a server that has ended before is left alone, its number may be another's: a line on the pipe says so.
 * P4 the keys of a terminal (Ctrl-C) do not reach the server: it has a session of its own.
 */
const GUARD = `
exec 3<&0
server=$$
(
  if IFS= read -r line <&3; then exit 0; fi
  kill -TERM "$server" 2>/dev/null
  n=0
  while [ "$n" -lt 50 ] && kill -0 "$server" 2>/dev/null; do n=$((n + 1)); sleep 0.2; done
  kill -KILL "$server" 2>/dev/null
) &
exec "$@" 3<&- </dev/null
`

export interface GuardedCommand {
  command: string
  args: readonly string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** Both outputs are appended here. */
  logFile: string
}

export interface GuardedProcess {
  pid: number
  /** Settles when the server has ended: with what signal or exit code. Never rejects. */
  exited: Promise<string>
  hasExited(): boolean
  kill(signal: NodeJS.Signals): void
}

/** Starts a server that does not outlive this process. */
export function spawnGuarded({ command, args, cwd, env, logFile }: GuardedCommand): GuardedProcess {
  const log = openSync(logFile, 'a')
  const child = spawn('/bin/sh', ['-c', GUARD, 'guard', command, ...args], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  // a guard that is gone already cannot be told anything
  child.stdin?.on('error', () => {})
  let ended = false
  const exited = new Promise<string>((resolve) => {
    const end = (how: string) => {
      ended = true
      child.stdin?.end('ended\n')
      resolve(how)
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`))
  })
  return {
    pid: pidOf(child),
    exited,
    hasExited: () => ended,
    kill: (signal) => {
      if (!ended) child.kill(signal)
    },
  }
}

function pidOf(child: ChildProcess): number {
  return child.pid ?? -1
}

/** Asks the server to stop and kills it if it does not within the grace time; settles once it has ended. */
export async function endProcess(server: GuardedProcess, graceMs: number): Promise<void> {
  server.kill('SIGTERM')
  const timer = setTimeout(() => server.kill('SIGKILL'), graceMs)
  await server.exited
  clearTimeout(timer)
}

/** The last lines of a log, for an error message. */
export async function readLastLines(file: string, count: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
