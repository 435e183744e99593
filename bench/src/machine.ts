import { existsSync } from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { delimiter, join } from 'node:path'

/** What the figures depend on besides the code. */
export interface Machine {
  cores: number
  cpu: string
  memory_gb: number
  system: string
  node: string
  load: number[]
}

export function describeMachine(): Machine {
  const all = cpus()
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memory_gb: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    load: loadavg().map((one) => Number(one.toFixed(2))),
  }
}

/** Whether a MongoDB server can be started here. */
export function hasMongod(env: NodeJS.ProcessEnv = process.env): boolean {
  return (env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, 'mongod')))
}
