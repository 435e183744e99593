import { type BulkWriteResult, type Db, MongoBulkWriteError } from 'mongodb'
import { expect, test } from 'vitest'
import { mongodDialect } from './dialect.ts'
import { freshDoc } from './document.ts'
import { MongoDatabase } from './mongo-database.ts'

/** A server that finds a rule of the service's own broken for the first document, and holds these. */
function brokenFor(rule: string, stored: { _id: string; version: number }[]): Db {
  const errmsg = `E11000 duplicate key error collection: p.runs index: ${rule} dup key: { x: "x" }`
  const failure = { code: 11_000, index: 0, errmsg }
  // the driver makes the result, and nobody reads it here
  const result = {} as BulkWriteResult
  const docs = {
    async bulkWrite() {
      throw new MongoBulkWriteError({ message: errmsg, writeErrors: [failure] } as never, result)
    },
    find: () => ({ toArray: async () => stored }),
  }
  // a save asks nothing else of a database
  return { collection: () => docs } as unknown as Db
}

const doc = (version: number) => ({ ...freshDoc('wo_1', {}), version })

test.each([
  ['a new one that is there already', 0, [{ _id: 'wo_1', version: 1 }], ['wo_1'], []],
  ['one that somebody saved since', 3, [{ _id: 'wo_1', version: 4 }], ['wo_1'], []],
  ['a new one whose member is another’s', 0, [], [], ['wo_1']],
  ['one as it was read, whose member is another’s', 3, [{ _id: 'wo_1', version: 3 }], [], ['wo_1']],
])(
  'given %s, when the server looks at an index of the service’s own first, then it is known which of both it is',
  async (_, version, stored, lost, refused) => {
    const options = { collection: 'runs', initial: {}, dialect: mongodDialect }
    const database = new MongoDatabase(brokenFor('task_token', stored), options)
    const saved = await database.save([doc(version)], 'save-1')
    expect([[...saved.lost], [...saved.refused.keys()]]).toEqual([lost, refused])
  },
)
