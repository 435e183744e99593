/**
 * How services are introduced: service.json of each, settings.json of what many of them share.
 * From these follow the list of the command line, docker-compose.yml, deploy/env, and the tables of
 * docs/operating.md.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'

/** What a setting tells of its deployment; the same union as the schema's and the command line's. */
export type Source =
  | { type: 'key'; file: string; roles: readonly string[]; party?: 'origin' }
  | { type: 'secret'; file: string }
  | { type: 'url'; of: string }
  | { type: 'keys' }
  | { type: 'kafka' | 'registry' | 'mongodb' | 'stand-in' | 'port' | 'log-level' | 'origin' }
  | { type: 'kafka-user' | 'kafka-password' }
  | { type: 'mongodb-user' | 'mongodb-password' | 'mongodb-database' }
  | { type: 'public-url' | 'services' | 'allowed-networks' | 'allowed-ports' }

export interface Setting {
  name: string
  doc: string
  default?: string
  from?: Source
  local?: string
  container?: string
  example?: string
}

export interface Introduced {
  name: string
  /** From the root. */
  folder: string
  stage: number
  /** Part of an order's CPU; absent where nobody measured it. */
  share?: number
  port: number
  instances: string
  /** Topics and groups of this prefix are looked at by it. */
  describes?: string
  env: readonly Setting[]
}

export interface Introductions {
  /** In the order of their stages. */
  services: readonly Introduced[]
  /** Tools of the repository; in the order of their ports. */
  tools: readonly Introduced[]
  /** Settings of every process. */
  common: readonly Setting[]
  /** Settings of every tool, as they are documented. */
  executor: readonly Setting[]
}

interface File {
  stage?: number
  share?: number
  port?: number
  instances?: string
  describes?: string
  env?: readonly Setting[]
}

/** Stage and first port of tools: a folder that names no port gets the next one that is free. */
const TOOLS = { stage: 3, port: 7003, step: 10 } as const

/** @throws Error naming the file that breaks a rule */
export function readIntroductions(root: string): Introductions {
  const read = fileReader(root)
  const services = foldersOf(root, 'services')
    .filter((name) => name !== 'executors')
    .map((name) => {
      const folder = `services/${name}`
      const introduced = read(`${folder}/service.json`)
      const { stage, share, port, instances = 'yes', describes, env = [] } = introduced
      if (stage === undefined || port === undefined)
        throw new Error(`${folder}/service.json: stage and port are missing`)
      const known = {
        ...(share === undefined ? {} : { share }),
        ...(describes === undefined ? {} : { describes }),
      }
      return { name, folder, stage, port, instances, ...known, env }
    })
  const executor = read('packages/executor-sdk/settings.json').env ?? []
  const tools = foldersOf(root, 'services/executors').map((name) => {
    const folder = `services/executors/${name}`
    const file = `${folder}/service.json`
    const { port = 0 } = existsSync(join(root, file)) ? read(file) : {}
    const env = executor.map((setting) => ofTool(setting, name))
    return { name, folder, stage: TOOLS.stage, port, instances: 'yes', env }
  })
  return {
    services: services.sort((a, b) => a.stage - b.stage),
    tools: withPorts(tools).sort((a, b) => a.port - b.port),
    common: read('packages/runtime/settings.json').env ?? [],
    executor,
  }
}

function foldersOf(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => name === 'executors' || existsSync(join(root, folder, name, 'package.json')))
    .sort()
}

function fileReader(root: string): (path: string) => File {
  const schema = readFileSync(join(import.meta.dirname, 'service.schema.json'), 'utf8')
  const ajv = new Ajv({ strict: true, allErrors: true })
  const isFile = ajv.compile<File>(JSON.parse(schema))
  return (path) => {
    const value: unknown = JSON.parse(readFileSync(join(root, path), 'utf8'))
    if (isFile(value)) return value
    throw new Error(`${path}: ${ajv.errorsText(isFile.errors, { dataVar: '' })}`)
  }
}

/** A tool's key is called as the tool. */
function ofTool(setting: Setting, tool: string): Setting {
  const { from } = setting
  return from?.type === 'key' && from.file === '<name>'
    ? { ...setting, from: { ...from, file: tool } }
    : setting
}

function withPorts(tools: readonly Introduced[]): Introduced[] {
  const taken = new Set(tools.map(({ port }) => port))
  return tools.map((tool) => {
    if (tool.port !== 0) return tool
    let port: number = TOOLS.port
    while (taken.has(port)) port += TOOLS.step
    taken.add(port)
    return { ...tool, port }
  })
}
