import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyList, keyListFault, parseKeyList } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { reasonOf } from '../log/known-keys.ts'

/** Key lists of a deployment as files: `1.json`, `2.json`, …, and `next.json` while admins sign it. */
export interface ListFolder {
  /** All lists that are signed, oldest first. */
  lists: KeyList[]
  /** The one that waits for signatures. */
  next: KeyList | undefined
  path(name: number | 'next'): string
}

/** @throws CommandError PT-8043 where the lists do not follow each other, PT-8006 for other files */
export function openListFolder(dir: string): ListFolder {
  mkdirSync(dir, { recursive: true })
  const path = (name: number | 'next') => join(dir, `${name}.json`)
  const lists: KeyList[] = []
  for (let version = 1; existsSync(path(version)); version++) {
    const list = readList(path(version))
    const fault = keyListFault(list, lists.at(-1))
    if (fault !== undefined) throw new CommandError('PT-8043', `${path(version)}: ${fault}`)
    lists.push(list)
  }
  return { lists, path, next: existsSync(path('next')) ? readList(path('next')) : undefined }
}

export function readList(path: string): KeyList {
  try {
    return parseKeyList(readFileSync(path))
  } catch (error) {
    throw new CommandError('PT-8006', `${path} is no key list: ${reasonOf(error)}`, 2)
  }
}
