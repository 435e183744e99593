/** docker-compose.yml agrees with the catalogue, the introductions of services and what `keys make` makes. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keysMake } from '@prooftrail/cli'
import { userOf } from '@prooftrail/contracts'
import { readHostConfig } from '@prooftrail/runtime'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { all, type Compose, type Contained, compose, processes } from './repo/compose.ts'
import { ROOT, readText } from './repo/files.ts'

/** Compose as a command of its own, or as one of Docker's. */
const COMPOSE = [['docker-compose'], ['docker', 'compose']].find(
  ([program = '', ...rest]) => spawnSync(program, [...rest, 'version']).status === 0,
)
if (COMPOSE === undefined)
  console.log('No Compose is on PATH, so that it reads the file was skipped.')

const dir = mkdtempSync(join(tmpdir(), 'prooftrail-compose-'))
beforeAll(() => keysMake(dir, { origin: 'compose.test/log', agents: 'agent-1' }, silent()))
afterAll(() => rmSync(dir, { recursive: true }))

test('the file is what Compose takes', () => {
  const file = createRequire(import.meta.url).resolve('docker-compose/schema/compose-spec.json')
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'))
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const isCompose = ajv.compile(schema)
  expect(isCompose(compose) || isCompose.errors).toBe(true)
})

test('every service and every tool of the repository runs, ready or started again', () => {
  for (const { name } of processes) {
    expect(compose.services[name], name).toMatchObject({
      healthcheck: expect.anything(),
      cap_drop: ['ALL'],
      depends_on: { schemas: { condition: 'service_completed_successfully' } },
    })
  }
  const servers = ['kafka', 'registry', 'mongodb'].map((name) => compose.services[name])
  expect(servers.every((one) => one?.healthcheck !== undefined)).toBe(true)
})

test('nothing answers beyond this machine, nothing runs as root, nothing is of a moving version', () => {
  const ports = all.flatMap(([, { ports = [] }]) => ports)
  expect(ports.length).toBeGreaterThan(processes.length)
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  const roots = all.filter(([, one]) => one.user === '0' && one.network_mode !== 'none')
  expect(roots).toEqual([])
  const images = all.flatMap(([, { image }]) => image ?? [])
  const base = /^ARG NODE=(.*)$/m.exec(readText('deploy/Dockerfile'))?.[1] ?? ''
  const isExact = (image: string) => /:v?\d+\.\d+\.\d+[\w.-]*$|@sha256:/.test(image)
  expect([...images, base].filter((image) => !isExact(image))).toEqual([])
  expect(readText('deploy/Dockerfile')).toMatch(/^USER 1000:1000$/m)
})

test('whatever goes on running has a limit of memory, a health check, and logs that end', () => {
  const jobs = all.filter(([, one]) => one.restart === undefined).map(([name]) => name)
  expect(jobs).toEqual(['registry-volume', 'mongodb-users', 'grants', 'catalogue', 'schemas'])
  for (const [name, one] of all.filter(([name]) => !jobs.includes(name))) {
    expect(one, name).toMatchObject({
      ...{ mem_limit: expect.stringMatching(/^\d+[mg]$/), pids_limit: expect.any(Number) },
      ...{ healthcheck: expect.anything(), logging: { options: { 'max-size': '50m' } } },
    })
  }
})

test('nothing of ours is entered by a shell, and the deploy job is done step by step, for every tool', () => {
  const own = all.filter(([, { build }]) => build !== undefined)
  expect(own.map(([name]) => name)).toEqual(expect.arrayContaining(['grants', 'schemas', 'intake']))
  expect(own.filter(([, one]) => one.entrypoint !== undefined)).toEqual([])
  const { grants, catalogue, schemas } = compose.services
  const done = { condition: 'service_completed_successfully' }
  expect([catalogue?.depends_on, schemas?.depends_on]).toEqual([
    { grants: done },
    { catalogue: done },
  ])
  expect(grants?.depends_on).toMatchObject({ kafka: { condition: 'service_healthy' } })
  const tools = processes.flatMap(({ name, party }) => (party.kind === 'tool' ? [name] : []))
  expect(tools.length).toBeGreaterThan(2)
  expect(schemas?.command).toEqual([
    ...['tools', 'deploy', '--topics-only'],
    ...tools.map((tool) => `/app/services/executors/${tool}`),
  ])
})

test('no container can write its own files: what changes is a volume or in memory', () => {
  expect(all.filter(([, one]) => one.read_only !== true).map(([name]) => name)).toEqual([])
  const writable = ({ volumes = [], tmpfs = [] }: Contained) => [
    ...tmpfs.map((path) => path.split(':')[0]),
    ...volumes.filter((one) => !one.endsWith(':ro')).map((one) => one.split(':')[1]),
  ]
  const { kafka, registry, mongodb, intake } = compose.services
  expect([kafka, registry, mongodb, intake].map((one) => one && writable(one))).toEqual([
    ['/tmp', '/opt/kafka/config', '/opt/kafka/logs', '/var/lib/kafka/data'],
    ['/tmp', '/data'],
    ['/tmp', '/data/db'],
    ['/tmp'],
  ])
})

test.skipIf(COMPOSE === undefined)('Compose itself reads the file', () => {
  const [program = '', ...before] = COMPOSE ?? []
  const read = spawnSync(program, [...before, 'config', '--quiet'], { cwd: ROOT })
  expect(`${read.status} ${read.status === 0 ? '' : read.stderr}`).toBe('0 ')
})

describe('deploy/groups.yml', () => {
  const { services: laid }: Pick<Compose, 'services'> = parse(readText('deploy/groups.yml'))
  const groups = Object.values(laid).filter((one) => one.command !== undefined)
  const membersOf = ({ command = [] }: Contained) =>
    command.slice(
      1,
      command.findIndex((word) => word.startsWith('--')),
    )

  test('every service is in one group, with its port, its secrets and the name that others call', () => {
    const members = groups.flatMap(membersOf)
    expect(members.toSorted()).toEqual(processes.map(({ name }) => name).sort())
    for (const name of members) expect(laid[name]).toEqual({ profiles: ['apart'] })
    for (const group of groups) {
      const names = membersOf(group)
      const apart = names.map((name) => compose.services[name])
      expect(group.networks?.default?.aliases).toEqual(names)
      expect(group.ports).toEqual(apart.flatMap((one) => one?.ports ?? []))
      const secrets = new Set(apart.flatMap((one) => one?.secrets ?? []))
      expect(new Set(group.secrets)).toEqual(secrets)
      expect(group).toMatchObject({ read_only: true, cap_drop: ['ALL'], restart: 'unless-stopped' })
    }
  })

  test.skipIf(COMPOSE === undefined)('Compose lays it over the file', () => {
    const [program = '', ...before] = COMPOSE ?? []
    const files = ['-f', 'docker-compose.yml', '-f', 'deploy/groups.yml']
    const read = spawnSync(program, [...before, ...files, 'config'], { cwd: ROOT })
    expect(`${read.status} ${read.status === 0 ? '' : read.stderr}`).toBe('0 ')
    const { services: all }: Compose = parse(read.stdout.toString())
    const runs = Object.keys(all).filter((name) => all[name]?.profiles === undefined)
    expect(runs).toEqual(expect.arrayContaining(['group-1', 'group-2', 'kafka']))
    expect(runs.filter((name) => processes.some((one) => one.name === name))).toEqual([])
  })
})

describe('users', () => {
  test.each(processes)(
    '$name is itself at broker and database, and reads its own secrets',
    ({ name, party }) => {
      const env = envOf(name)
      const user = userOf(party)
      expect(env).toMatchObject({ KAFKA_SASL_USERNAME: user, MONGODB_USERNAME: user })
      const mounted = compose.services[name]?.secrets ?? []
      for (const variable of ['KAFKA_SASL_PASSWORD_FILE', 'MONGODB_PASSWORD_FILE']) {
        const [, file = ''] = /^\/run\/secrets\/(.+)$/.exec(env[variable] ?? '') ?? []
        expect(mounted).toContain(file)
        expect(file).toMatch(
          new RegExp(`^(kafka|mongodb)-${user.slice('prooftrail-'.length)}\\.secret$`),
        )
      }
      const foreign = mounted.filter((file) => /^(kafka|mongodb)-/.test(file))
      expect(foreign).toHaveLength(2)
    },
  )

  test.each(processes)('$name can be started with what it is told', ({ name }) => {
    const env = Object.fromEntries(
      Object.entries(envOf(name)).map(([variable, value]) => [
        variable,
        value.replace('/run/secrets', dir),
      ]),
    )
    const { kafka, mongodb } = readHostConfig(env)
    const jaas = readFileSync(join(dir, 'kafka.jaas'), 'utf8')
    expect(jaas).toContain(`user_${kafka.sasl?.username}="${Object(kafka.sasl).password}"`)
    expect(mongodb).toMatchObject({ database: mongodb.auth?.username.replaceAll('-', '_') })
    const users = compose.services['mongodb-users']?.secrets ?? []
    expect(users).toContain(`mongodb-${mongodb.auth?.username.replace(/^prooftrail-/, '')}.secret`)
  })

  test('no two have one password or one database', () => {
    const files = Object.keys(compose.secrets).filter((file) => file.endsWith('.secret'))
    const texts = files.map((file) => readFileSync(join(dir, file), 'utf8'))
    expect(new Set(texts).size).toBe(files.length)
    const databases = processes.map(({ name }) => envOf(name).MONGODB_DATABASE)
    expect(new Set(databases).size).toBe(processes.length)
  })

  test('the broker asks everybody, and refuses what nobody granted', () => {
    const env = compose.services.kafka?.environment ?? {}
    expect(env.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP).not.toMatch(/:PLAINTEXT/)
    expect(env.KAFKA_AUTHORIZER_CLASS_NAME).toContain('StandardAuthorizer')
    expect(env).not.toHaveProperty('KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND')
    const admin = compose.services.schemas?.environment?.KAFKA_SASL_USERNAME
    expect(env.KAFKA_SUPER_USERS).toBe(`User:${admin}`)
    expect(readFileSync(join(dir, 'kafka.jaas'), 'utf8')).toContain(`username="${admin}"`)
    expect(readFileSync(join(dir, 'kafka.jaas'), 'utf8')).toContain(
      'user_prooftrail-agent-agent-1=',
    )
    expect(compose.services.grants?.command).toEqual(['acls', '--apply'])
  })
})

test('every secret that is used is declared, made by `keys make`, and its owner’s alone to read', () => {
  const used = all.flatMap(([, { secrets = [] }]) => secrets)
  expect(used.filter((name) => !(name in compose.secrets))).toEqual([])
  expect(Object.keys(compose.secrets).filter((name) => !used.includes(name))).toEqual([])
  for (const [name, { file }] of Object.entries(compose.secrets)) {
    expect(file).toBe(`deploy/keys/${name}`)
    expect(existsSync(join(dir, name)), name).toBe(true)
    const isPublic = name === 'services.keys.json'
    if (!isPublic) expect([name, statSync(join(dir, name)).mode & 0o077]).toEqual([name, 0])
  }
})

/** What a container is told: the files of its environment, first to last. */
function envOf(name: string): Record<string, string> {
  const files = compose.services[name]?.env_file ?? []
  const lines = files
    .map((file) => readText(file.replace(/\$\{ENV_EXT:-(.*)\}/, '$1')))
    .flatMap((text) => text.split('\n'))
  return Object.fromEntries(
    lines
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

/** Where a command's words go that nobody reads. */
function silent(): Parameters<typeof keysMake>[2] {
  return {
    ...{ json: false, closed: false, live: false },
    onClosed: () => undefined,
    say: () => undefined,
    document: () => undefined,
  }
}
