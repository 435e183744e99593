import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Path below the artefact folder → SHA-256, as lower-case hex. */
export type Checksums = ReadonlyMap<string, string>

/**
 * Reads a list as `sha256sum` prints it: digest, blanks, path.
 *
 * @throws Error naming the first line that is not of this form
 */
export function parseChecksums(text: string): Checksums {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return new Map(
    lines.map((line) => {
      const [, digest, path] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? []
      if (!digest || !path) throw new Error(`not a checksum line: ${line}`)
      return [path, digest] as const
    }),
  )
}

/** Every way in which files differ from the list: missing, not listed, or with other bytes. Empty when none does. */
export function compareChecksums(expected: Checksums, actual: Checksums): string[] {
  const missing = [...expected.keys()]
    .filter((path) => !actual.has(path))
    .map((path) => `${path} is missing`)
  const wrong = [...actual].flatMap(([path, digest]) => {
    const wanted = expected.get(path)
    if (wanted === undefined) return [`${path} is not on the list`]
    return wanted === digest ? [] : [`${path} has SHA-256 ${digest}, expected ${wanted}`]
  })
  return [...missing, ...wrong]
}

/** SHA-256 of every file in the folders below `root`. */
export async function hashFolders(root: string): Promise<Checksums> {
  const folders = (await readdir(root, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  )
  const found = new Map<string, string>()
  for (const folder of folders) {
    for (const file of await readdir(join(root, folder.name))) {
      found.set(`${folder.name}/${file}`, await hashFile(join(root, folder.name, file)))
    }
  }
  return found
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
