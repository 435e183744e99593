import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StackError } from '../stack-error.ts'
import { type Checksums, parseChecksums } from './checksums.ts'

/** Names another version of Kafka for the embedded stack: one that the product is tried on. */
export const KAFKA_VARIABLE = 'EMBEDDED_KAFKA_VERSION'

const LIST = /^checksums-kafka-(.+)\.txt$/
const OWN_VERSION = /(<artifactId>kafka_2\.13<\/artifactId>\s*<version>)([^<]+)/

/** Every version whose files are pinned, the stack's own first. @param source the folder `embedded` */
export async function pinnedKafkas(source: string): Promise<[string, ...string[]]> {
  const others = (await readdir(source)).flatMap((name) => LIST.exec(name)?.[1] ?? [])
  return [await ownKafka(source), ...others.sort().reverse()]
}

/**
 * The version that the environment asks for; undefined where it is the stack's own.
 * @throws StackError STACK_KAFKA_NOT_PINNED for one whose files are not known
 */
export async function askedKafka(
  source: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const asked = env[KAFKA_VARIABLE]
  if (!asked) return undefined
  const [own, ...others] = await pinnedKafkas(source)
  if (asked === own) return undefined
  if (others.includes(asked)) return asked
  throw new StackError(
    'STACK_KAFKA_NOT_PINNED',
    `${KAFKA_VARIABLE}=${asked}: pinned are ${[own, ...others].join(', ')}`,
  )
}

/** What Maven has to bring: with another Kafka the files of its own list in the place of the stack's. */
export async function checksumsOf(source: string, kafka: string | undefined): Promise<Checksums> {
  const all = parseChecksums(await readFile(join(source, 'checksums.txt'), 'utf8'))
  if (kafka === undefined) return all
  const others = [...all].filter(([path]) => !path.startsWith('kafka/'))
  const own = await readFile(join(source, `checksums-kafka-${kafka}.txt`), 'utf8')
  return new Map([...others, ...parseChecksums(own)])
}

/**
 * The POM that names what is fetched: the stack's, or a copy of it in `folder`, which is there, with another Kafka.
 * @returns its path
 */
export async function pomFor(
  source: string,
  folder: string,
  kafka: string | undefined,
): Promise<string> {
  if (kafka === undefined) return join(source, 'pom.xml')
  for (const file of ['pom.xml', 'kafka/pom.xml', 'registry/pom.xml', 'mongodb/pom.xml']) {
    await cp(join(source, file), join(folder, file))
  }
  const pom = join(folder, 'kafka/pom.xml')
  const text = await readFile(pom, 'utf8')
  await writeFile(pom, text.replace(OWN_VERSION, `$1${kafka}`))
  return join(folder, 'pom.xml')
}

async function ownKafka(source: string): Promise<string> {
  const [, , version] =
    OWN_VERSION.exec(await readFile(join(source, 'kafka/pom.xml'), 'utf8')) ?? []
  if (version === undefined) throw new Error('kafka/pom.xml names no version of Kafka')
  return version
}
