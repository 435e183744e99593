/** What containers get: docker-compose.yml's services and secrets, and deploy/env. */
import { withRegion } from './region.ts'
import type { Introduced, Introductions, Setting } from './service-files.ts'

const KEYS = 'services.keys.json'

/** docker-compose.yml with the services and secrets that the introductions name. */
export function composeFile(text: string, { services, tools }: Introductions): string {
  const all = inOrder(services, tools)
  const secrets = [...new Set(all.flatMap(({ env }) => env.flatMap(mountedBy)))]
  const mounted = secrets.map((file) => `  ${file}:\n    file: deploy/keys/${file}`).join('\n')
  return withRegion(
    withRegion(text, 'services', all.map(composeService).join('\n\n')),
    'secrets',
    mounted,
  )
}

/** deploy/env/NAME.env.example of every service, and `common`, by path. */
export function envExamples({ services, tools, common }: Introductions): Map<string, string> {
  const every = `# Read by every service. Copy each *.env.example to *.env to change it, then start with ENV_EXT=env.\n${common.map(exampleLines).join('')}`
  return new Map([
    ['deploy/env/common.env.example', every],
    ...inOrder(services, tools).map(({ name, port, env }): [string, string] => [
      `deploy/env/${name}.env.example`,
      `PORT=${port}\n${env.map(exampleLines).join('')}`,
    ]),
  ])
}

function inOrder(services: readonly Introduced[], tools: readonly Introduced[]): Introduced[] {
  return [...services, ...tools].sort((a, b) => a.stage - b.stage)
}

function composeService({ name, folder, port, env }: Introduced): string {
  const secrets = env.flatMap(mountedBy)
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
function mountedBy({ from }: Setting): string[] {
  if (from?.type === 'key') return [`${from.file}.jwk`]
  if (from?.type === 'secret') return [`${from.file}.secret`]
  return from?.type === 'keys' ? [KEYS] : []
}

/** Its meaning and its value; a comment where the default stands. Nothing where none is shown. */
function exampleLines(setting: Setting): string {
  const { name, doc, example } = setting
  const value = containerValue(setting)
  if (value === undefined && example === undefined) return ''
  const line = value === undefined ? `# ${name}=${example}` : `${name}=${value}`
  return `# ${doc.charAt(0).toUpperCase()}${doc.slice(1)}\n${line}\n`
}

function containerValue(setting: Setting): string | undefined {
  const { container, from } = setting
  if (container !== undefined) return container
  if (from?.type === 'url') return `http://${from.of}:${portIn(setting.default ?? '')}`
  const [file] = mountedBy(setting)
  return file && `/run/secrets/${file}`
}

/** The port of an address: in containers every service answers on its usual one. */
function portIn(url: string): string {
  return new URL(url).port
}
