import { MongoClient, ReadPreference } from 'mongodb'
import type { ServersConfig } from '../servers-config.ts'

/**
 * How everything is written and read. What is acknowledged is published: it outlives the server, and
 * the member that took it. Reads are the primary's: what a round decides on is proven by the save that
 * follows it, which a majority keeps together with all that was before it.
 */
export const KEPT = {
  writeConcern: { w: 'majority', journal: true },
  readPreference: ReadPreference.primary,
} as const

/** A client that is not connected yet. Everything else is as the address says. */
export function openMongo({ url, dialect, database, auth }: ServersConfig['mongodb']): MongoClient {
  return new MongoClient(url, {
    maxPoolSize: 20,
    serverSelectionTimeoutMS: 5_000,
    ...KEPT,
    ...(dialect.retryWrites ? {} : { retryWrites: false }),
    // A user is made in the database that it may use, unless the address names another.
    ...(auth ? { auth, ...(/[?&]authSource=/i.test(url) ? {} : { authSource: database }) } : {}),
  })
}
