import type { Dialect } from './dialect.ts'

const CAS = 'cas'

/**
 * The stand-in uses an index only where a filter's members are exactly the index's, and reads the
 * whole collection for anything else; it takes documents without a unique member for equal. There,
 * id and version are one unique member, `cas`, every unique member has a value, what two filters find
 * is found in one pass, and such passes are rare. It has no sessions, which writing again needs. The
 * keys of a renamed collection's indexes stay under its former name: who takes that name next finds
 * them there, and empties the renamed one with what it drops.
 */
export const standInDialect: Dialect = {
  retryWrites: false,
  renames: false,
  scanMs: 600_000,
  indexes: [{ key: { cas: 1 }, name: CAS, unique: true }],
  versionRules: new Set(['_id_', CAS]),
  at: (id, version) => ({ cas: casOf(id, version) }),
  complete(raw, unique) {
    raw.cas = casOf(raw._id, raw.version)
    for (const member of unique.flatMap(({ key }) => Object.keys(key))) {
      const name = member.replace(/^ix\./, '')
      raw.ix = { [name]: `none/${raw._id}`, ...raw.ix }
    }
  },
  filled: (published) => [{ cas: { $in: published.map(({ id, version }) => casOf(id, version)) } }],
  either: (one, other) => [{ $or: [one, other] }],
}

function casOf(id: string, version: number): string {
  return `${id}@${version}`
}
