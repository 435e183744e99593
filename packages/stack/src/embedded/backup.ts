import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  access,
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { StackError } from '../stack-error.ts'
import { claimDataDir } from './claim.ts'

/** One file of a backup, by its place in it. */
export interface BackupFile {
  path: string
  bytes: number
  sha256: string
}

/** `backup.json`: what a backup holds. It is written last: a folder without it is no backup. */
export interface BackupRecord {
  format: 'prooftrail-backup/v1'
  /** RFC 3339. */
  made_at: string
  files: BackupFile[]
}

export interface BackupPlaces {
  /** Data directory of an embedded stack. */
  dataDir: string
  /** Keys and secrets. */
  keysDir: string
}

/** Told of each file that was copied. */
type OnFile = (done: number, total: number) => void

const RECORD = 'backup.json'
/**
 * In this order: what a part names is in a part behind it. Documents name messages, messages name schema
 * ids. While nothing runs the order does not matter; who copies servers that run keeps to it.
 */
const PARTS = ['mongodb', 'kafka', 'kafka-2', 'kafka-3', 'registry'] as const

/**
 * Copies servers' data and keys of a stack that does not run.
 * @throws StackError STACK_ALREADY_RUNNING, STACK_BACKUP_NOTHING, STACK_BACKUP_TARGET
 */
export async function backUp(
  { dataDir, keysDir }: BackupPlaces,
  to: string,
  onFile: OnFile = () => {},
): Promise<BackupRecord> {
  if (!(await exists(join(dataDir, 'kafka')))) {
    throw new StackError('STACK_BACKUP_NOTHING', `${dataDir} holds no stack's data`)
  }
  await requireEmpty(to)
  const claim = await claimDataDir(dataDir, () => new Date())
  try {
    const sources = [
      ...PARTS.map((part) => ({ from: join(dataDir, part), as: join('data', part) })),
      { from: keysDir, as: 'keys' },
    ]
    const planned: { from: string; path: string }[] = []
    for (const { from, as } of sources) {
      for (const file of await filesIn(from)) {
        planned.push({ from: file, path: join(as, relative(from, file)) })
      }
    }
    const files: BackupFile[] = []
    for (const { from, path } of planned) {
      const place = join(to, path)
      await copy(from, place)
      files.push({ path, bytes: (await stat(place)).size, sha256: await digestOf(place) })
      onFile(files.length, planned.length)
    }
    const made_at = new Date().toISOString()
    const record: BackupRecord = { format: 'prooftrail-backup/v1', made_at, files }
    await writeFile(join(to, RECORD), `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 })
    return record
  } finally {
    await claim.release()
  }
}

/**
 * Puts a backup where no data is. Every file is compared with its digest before the first one is copied.
 * @throws StackError STACK_BACKUP_BROKEN, STACK_BACKUP_TARGET
 */
export async function restoreBackup(
  from: string,
  { dataDir, keysDir }: BackupPlaces,
  onFile: OnFile = () => {},
): Promise<BackupRecord> {
  const record = await readRecord(from)
  const total = 2 * record.files.length
  let done = 0
  for (const { path, sha256 } of record.files) {
    const file = join(from, path)
    const is = (await exists(file)) ? await digestOf(file) : undefined
    if (is !== sha256) {
      const what = is === undefined ? 'is missing' : 'is not the file that was backed up'
      throw new StackError('STACK_BACKUP_BROKEN', `${file} ${what}; nothing was restored`)
    }
    done += 1
    onFile(done, total)
  }
  await Promise.all([requireEmpty(dataDir), requireEmpty(keysDir)])
  await mkdir(keysDir, { recursive: true, mode: 0o700 })
  for (const { path } of record.files) {
    const [root = '', ...rest] = path.split('/')
    await copy(join(from, path), join(root === 'keys' ? keysDir : dataDir, ...rest))
    done += 1
    onFile(done, total)
  }
  return record
}

async function readRecord(from: string): Promise<BackupRecord> {
  const text = await readFile(join(from, RECORD), 'utf8').catch(() => '')
  try {
    const record: unknown = JSON.parse(text)
    if (isRecord(record)) return record
  } catch {
    // said below
  }
  throw new StackError(
    'STACK_BACKUP_BROKEN',
    `${join(from, RECORD)} is missing or no record of a backup: the backup was not finished`,
  )
}

function isRecord(value: unknown): value is BackupRecord {
  const { format, files } = Object(value)
  return (
    format === 'prooftrail-backup/v1' &&
    Array.isArray(files) &&
    files.every(({ path, sha256 }) => {
      const isPlace = typeof path === 'string' && /^(data|keys)\//.test(path)
      return isPlace && !path.split('/').includes('..') && typeof sha256 === 'string'
    })
  )
}

/** @throws StackError STACK_BACKUP_TARGET */
async function requireEmpty(dir: string): Promise<void> {
  const there = await readdir(dir).catch(() => [])
  if (there.length === 0) return
  throw new StackError(
    'STACK_BACKUP_TARGET',
    `${dir} holds something already: name a folder that is empty or not there`,
  )
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => [])
  const files = entries.filter((one) => one.isFile())
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort()
}

async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to)
  const { mode, atime, mtime } = await stat(from)
  await chmod(to, mode & 0o777)
  // Kafka keeps what is kept for a time by the age of its files where messages have none
  await utimes(to, atime, mtime)
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return hash.digest('hex')
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}
