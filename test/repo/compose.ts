/** docker-compose.yml as data, and the processes that it has to run. */
import { parse } from 'yaml'
import { readIntroductions } from '../../packages/contracts/codegen/service-files.ts'
import { ROOT, readText } from './files.ts'

/** What the file says of a container, as far as tests ask. */
export interface Contained {
  image?: string
  build?: { args: { SERVICE: string } }
  user?: string
  entrypoint?: string[]
  command?: string[]
  tmpfs?: string[]
  network_mode?: string
  ports?: string[]
  secrets?: string[]
  env_file?: string[]
  environment?: Record<string, string | number>
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
  cap_drop?: string[]
  volumes?: string[]
  read_only?: boolean
  restart?: string
  mem_limit?: string
  profiles?: string[]
  networks?: Record<string, { aliases: string[] }>
}

export interface Compose {
  services: Record<string, Contained>
  secrets: Record<string, { file: string }>
}

/** With what anchors stand for. */
export const compose: Compose = parse(readText('docker-compose.yml'), { merge: true })

/** Every container with its name. */
export const all: [string, Contained][] = Object.entries(compose.services)

const { services, tools } = readIntroductions(ROOT)

/** Every service and tool of the repository, and who it is at the broker. */
export const processes = [
  ...services.map(({ name, port }) => ({ name, port, party: { kind: 'service' as const, name } })),
  ...tools.map(({ name, port }) => ({ name, port, party: { kind: 'tool' as const, name } })),
]
