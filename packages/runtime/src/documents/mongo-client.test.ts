import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHostConfig } from '../config.ts'
import { KEPT, openMongo } from './mongo-client.ts'

const env = { KAFKA_BROKERS: 'a:1', SCHEMA_REGISTRY_URL: 'http://a' }
const configOf = (url: string, more: Record<string, string> = {}) =>
  readHostConfig({ ...env, MONGODB_URL: url, ...more }).mongodb

describe('what is acknowledged is kept: w: majority, j: true', () => {
  test.each([
    'mongodb://a',
    'mongodb://a,b,c/?replicaSet=rs0&retryReads=true',
    'mongodb://a/?w=majority&journal=true&readPreference=primary',
  ])('whatever else the address says: %s', (url) => {
    const config = configOf(url)
    const client = openMongo(config)
    const db = client.db(config.database, KEPT)
    for (const one of [client, db, db.collection('x')]) {
      expect(one.writeConcern).toMatchObject({ w: 'majority', j: true })
      expect(one.readPreference?.mode).toBe('primary')
    }
  })

  test.each([
    ...['w=1', 'w=0', 'W=2', 'journal=false', 'j=false', 'wtimeoutMS=5', 'wtimeout=0'],
    ...['readPreference=secondary', 'readpreference=nearest', 'readConcernLevel=local'],
    ...['readConcernLevel=available', 'w=majority&w=1', 'jour%6eal=false'],
  ])('an address that takes some of it away stops the start: %s', (query) => {
    expect(() => configOf(`mongodb://a/?replicaSet=rs0&${query}`)).toThrow('MONGODB_URL')
  })

  test('no address that is taken weakens it', () => {
    const pair = fc.tuple(
      fc.constantFrom('w', 'journal', 'j', 'readPreference', 'readConcernLevel', 'wtimeoutMS'),
      fc.constantFrom('0', '1', 'majority', 'true', 'false', 'primary', 'secondary', 'local'),
    )
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 3 }), (pairs) => {
        const url = `mongodb://a/?${new URLSearchParams(pairs)}`
        let client: ReturnType<typeof openMongo>
        try {
          client = openMongo(configOf(url))
        } catch {
          return
        }
        expect(client.writeConcern).toMatchObject({ w: 'majority', j: true })
        expect(client.writeConcern?.wtimeoutMS).toBeUndefined()
        expect(client.readPreference.mode).toBe('primary')
      }),
    )
  })
})

describe('a user of the database', () => {
  const user = { MONGODB_USERNAME: 'prooftrail-intake', MONGODB_PASSWORD: 'secret' }

  test('is known where its data is, unless the address says where', () => {
    const own = { ...user, MONGODB_DATABASE: 'prooftrail_intake' }
    expect(openMongo(configOf('mongodb://a', own)).options.credentials).toMatchObject({
      username: 'prooftrail-intake',
      password: 'secret',
      source: 'prooftrail_intake',
    })
    const admin = openMongo(configOf('mongodb://a/?authSource=admin', own))
    expect(admin.options.credentials?.source).toBe('admin')
  })

  test('has a password', () => {
    expect(() => configOf('mongodb://a', { MONGODB_USERNAME: 'x' })).toThrow('MONGODB_PASSWORD')
  })
})
