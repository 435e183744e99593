import { existsSync, readFileSync } from 'node:fs'
import { type Checkpoint, growthOf, parseCheckpoint } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { openSigned, readKeys, reasonOf } from './known-keys.ts'
import { type LogSource, openLogSource } from './source.ts'

/**
 * Proves that one checkpoint of a log begins with another.
 * @param ends each a file that holds a checkpoint, or a size of the log
 * @returns the exit code: 0 consistent, 1 not
 * @throws CommandError for what cannot be read or does not answer
 */
export async function consistency(
  ends: readonly [string, string],
  options: { log: string; keys?: string },
  out: Output,
): Promise<number> {
  const source = openLogSource(options.log)
  const keys = options.keys === undefined ? undefined : readKeys(options.keys)
  const open = (note: string) => {
    return keys === undefined ? parsed(note) : openSigned(note, keys, Number.NEGATIVE_INFINITY)
  }
  const now = open(await source.checkpoint())
  const [one, other] = [await endOf(ends[0]), await endOf(ends[1])]
  const [older, newer] = one.size <= other.size ? [one, other] : [other, one]
  if (newer.size > now.size) {
    throw new CommandError('PT-8030', `${source.place} has ${now.size} leaves, not ${newer.size}`)
  }
  const growth = await growthOf(older, newer, source.tree(now.size))
  const holds = growth.type === 'grown'
  out.document({
    origin: newer.origin,
    from: older.size,
    size: newer.size,
    from_root: base64(older.root),
    root: base64(newer.root),
    signatures: keys === undefined ? 'not checked' : 'checked',
    ...(holds ? { proof: growth.proof.map(base64) } : { detail: growth.detail }),
    consistent: holds,
  })
  out.say(`${colour.bold(newer.origin)}  ${older.size} → ${newer.size} of ${now.size}`)
  if (keys === undefined) out.say(colour.yellow('  signatures are not checked (give --keys)'))
  out.say(
    holds
      ? `${mark('ok')} consistent: ${growth.proof.length} hashes prove it`
      : `${mark('no')} ${colour.red('not consistent')}: ${growth.detail}`,
  )
  return holds ? 0 : 1

  async function endOf(text: string): Promise<Checkpoint> {
    if (!existsSync(text) && /^(0|[1-9][0-9]{0,15})$/.test(text)) return sized(Number(text))
    let note: string
    try {
      note = readFileSync(text, 'utf8')
    } catch (error) {
      throw new CommandError('PT-8006', `${text} is no size and no file: ${reasonOf(error)}`, 2)
    }
    return open(note)
  }

  async function sized(size: number): Promise<Checkpoint> {
    if (size > now.size) {
      throw new CommandError('PT-8030', `${source.place} has ${now.size} leaves, not ${size}`)
    }
    return { ...now, size, root: await rootOf(source, now, size) }
  }
}

/** The root of a size, out of tiles that give the signed root of the present one. */
async function rootOf(source: LogSource, now: Checkpoint, size: number): Promise<Uint8Array> {
  const tree = source.tree(now.size)
  if (!Buffer.from(await tree.root()).equals(now.root)) {
    throw new CommandError('PT-8032', 'the tiles do not give the root of the checkpoint')
  }
  return tree.root(size)
}

function parsed(note: string): Checkpoint {
  try {
    return parseCheckpoint(note)
  } catch (error) {
    throw new CommandError('PT-8006', `not a checkpoint: ${reasonOf(error)}`, 2)
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
