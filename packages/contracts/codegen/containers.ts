/** What containers get: docker-compose.yml's services and secrets, and deploy/env. */
import { withRegion } from './region.ts'
import type { Introduced, Introductions, Setting } from './service-files.ts'

const KEYS = 'services.keys.json'

/** docker-compose.yml with the services and secrets that the introductions name. */
export function composeFile(text: string, { services, tools, common }: Introductions): string {
  const all = inOrder(services, tools, common)
  const secrets = [
    ...new Set(all.flatMap(({ env, user }) => env.flatMap((one) => mountedBy(one, user)))),
  ]
  const mounted = secrets.map((file) => `  ${file}:\n    file: deploy/keys/${file}`).join('\n')
  const ofDatabase = secrets.filter((file) => file.startsWith('mongodb-'))
  const regions = [
    ['services', all.map(composeService).join('\n\n')],
    ['secrets', mounted],
    ['database-users', ofDatabase.map((file) => `      - ${file}`).join('\n')],
  ] as const
  return regions.reduce((page, [name, body]) => withRegion(page, name, body), text)
}

/** deploy/env/NAME.env.example of every service, and `common`, by path. */
export function envExamples({ services, tools, common }: Introductions): Map<string, string> {
  const shared = common.filter(({ from }) => !isOwn(from)).map((one) => exampleLines(one))
  const every = `# Read by every service. Copy each *.env.example to *.env to change it, then start with ENV_EXT=env.\n${shared.join('')}`
  return new Map([
    ['deploy/env/common.env.example', every],
    ...inOrder(services, tools, common).map(({ name, port, env, user }): [string, string] => [
      `deploy/env/${name}.env.example`,
      `PORT=${port}\n${env.map((one) => exampleLines(one, user)).join('')}`,
    ]),
  ])
}

/** A service or tool with every setting that is its own, among them who it is at broker and database. */
interface Contained extends Introduced {
  user: string
}

function inOrder(
  services: readonly Introduced[],
  tools: readonly Introduced[],
  common: readonly Setting[],
): Contained[] {
  const own = common.filter(({ from }) => isOwn(from))
  const contained = (prefix: string) => (one: Introduced) => ({
    ...one,
    user: prefix + one.name,
    env: [...own, ...one.env],
  })
  return [...services.map(contained('')), ...tools.map(contained('tool-'))].sort(
    (a, b) => a.stage - b.stage,
  )
}

/** Whether a setting that all have differs from service to service. */
function isOwn(from: Setting['from']): boolean {
  return /^(kafka|mongodb)-/.test(from?.type ?? '')
}

function composeService({ name, folder, port, env, user }: Contained): string {
  const secrets = env.flatMap((one) => mountedBy(one, user))
  const mounts = secrets.map((file) => `      - ${file}\n`).join('')
  return `  ${name}:
    <<: *service
    build:
      context: .
      dockerfile: deploy/Dockerfile
      args:
        SERVICE: ${folder}
    ports:
      - "127.0.0.1:${port}:${port}"
    env_file:
      - deploy/env/common.\${ENV_EXT:-env.example}
      - deploy/env/${name}.\${ENV_EXT:-env.example}
${mounts === '' ? '' : `    secrets:\n${mounts}`}`.trimEnd()
}

/** The file of deploy/keys that a setting names. */
function mountedBy({ from }: Setting, user = ''): string[] {
  if (from?.type === 'key') return [`${from.file}.jwk`]
  if (from?.type === 'secret') return [`${from.file}.secret`]
  if (from?.type === 'kafka-password') return [`kafka-${user}.secret`]
  if (from?.type === 'mongodb-password') return [`mongodb-${user}.secret`]
  return from?.type === 'keys' ? [KEYS] : []
}

/** Its meaning and its value; a comment where the default stands. Nothing where none is shown. */
function exampleLines(setting: Setting, user?: string): string {
  const { name, doc, example } = setting
  const value = containerValue(setting, user)
  if (value === undefined && example === undefined) return ''
  const line = value === undefined ? `# ${name}=${example}` : `${name}=${value}`
  // links lead on from where the settings are documented
  const text = doc.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1')
  return `# ${text.charAt(0).toUpperCase()}${text.slice(1)}\n${line}\n`
}

function containerValue(setting: Setting, user?: string): string | undefined {
  const { container, from } = setting
  if (container !== undefined) return container
  if (from?.type === 'url') return `http://${from.of}:${portIn(setting.default ?? '')}`
  if (from?.type === 'kafka-user' || from?.type === 'mongodb-user') return `prooftrail-${user}`
  if (from?.type === 'mongodb-database') return `prooftrail_${user?.replaceAll('-', '_')}`
  const [file] = mountedBy(setting, user)
  return file && `/run/secrets/${file}`
}

/** The port of an address: in containers every service answers on its usual one. */
function portIn(url: string): string {
  return new URL(url).port
}
