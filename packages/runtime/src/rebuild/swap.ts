import type { Db } from 'mongodb'
import type { Dialect } from '../documents/dialect.ts'
import type { Code } from '../service.ts'

/** Why a rebuild ended without changing anything. */
export class RebuildError extends Error {
  override name = 'RebuildError'
  code: Code

  constructor(code: Code, detail: string) {
    super(detail)
    this.code = code
  }
}

const PAGE = 500

/**
 * Puts one collection in the place of another, which is dropped. Where renaming leaves its indexes
 * behind (the stand-in), the documents are copied; `from` goes last, so that whoever is killed can
 * begin again.
 */
export async function swapIn(
  db: Db,
  { from, to }: { from: string; to: string },
  { renames }: Pick<Dialect, 'renames'>,
): Promise<void> {
  const source = db.collection(from)
  if (renames) {
    await source.rename(to, { dropTarget: true })
    return
  }
  await dropIfThere(db, to)
  const target = db.collection(to)
  for (const { key, name, unique, partialFilterExpression } of await source.indexes()) {
    if (name === '_id_') continue
    await target.createIndex(key, {
      ...(name === undefined ? {} : { name }),
      ...(unique ? { unique } : {}),
      ...(partialFilterExpression ? { partialFilterExpression } : {}),
    })
  }
  let page: Parameters<typeof target.insertMany>[0][number][] = []
  const insert = async () => {
    if (page.length > 0) await target.insertMany(page)
    page = []
  }
  for await (const document of source.find({})) {
    page.push(document)
    if (page.length >= PAGE) await insert()
  }
  await insert()
  await source.drop()
}

/** Drops a collection, if it is there. */
export async function dropIfThere(db: Db, name: string): Promise<void> {
  try {
    await db.dropCollection(name)
  } catch (error) {
    if (!/ns not found|NamespaceNotFound/i.test(String(error))) throw error
  }
}
