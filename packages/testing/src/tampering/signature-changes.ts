/** What somebody does who has a key: a stranger, a party that lies alone, a thief. */
import type { BundleLink, KeySet, TrailKey } from '@prooftrail/trail'
import { kindOf, parseLinkName } from '@prooftrail/trail/format'
import {
  type ExampleOptions,
  exampleKey,
  exampleTrailKey,
  makeExampleTrail,
} from '../trail/index.ts'
import { otherValue, pickLeaf } from './leaves.ts'
import {
  isSeal,
  objectOf,
  pickLink,
  restated,
  type Subject,
  signerOf,
  statementOf,
  type Tampered,
} from './subject.ts'

/** Signed by a key that nobody knows, under its own id or under the genuine one's. */
export function foreignKey(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { link, at } = picked
  const { bundle, example, random } = subject
  const stranger = exampleKey('stranger', ['agent'], `stranger ${random.below(1_000_000)}`)
  const [{ keyid }] = link.envelope.signatures
  const forged = restated(link, statementOf(link), stranger)
  if (random.below(2) === 0) forged.envelope.signatures[0].keyid = keyid
  bundle.links[at] = forged
  return { bundle, keys: example.keys, touched: [link.name] }
}

/** The whole trail as it would be, with one link under a known key of another role or party. */
export function wrongKey(subject: Subject): Tampered | undefined {
  const { kind, example, random } = subject
  const link = random.pick(example.bundle.links)
  const { name } = link
  const { roles: usual } = signerOf(subject, link)
  // any role that may sign the kind is as good as the usual one
  const own = [...usual, ...rolesOf(name)]
  // services are known by their role alone; agents and tools by their name too
  const isNamed = usual.some((role) => role === 'agent' || role === 'executor')
  const others = (['webhook', 'log', 'receipt', 'dispatch', 'callback'] as const).filter(
    (role) => !own.includes(role),
  )
  const roles = isNamed && random.below(2) === 0 ? usual : [random.pick(others)]
  const impostor = exampleKey(`impostor ${random.below(1_000_000)}`, roles)
  const key: ExampleOptions['key'] = (at, usual) => (at === name ? impostor : usual)
  const { bundle, keys } = makeExampleTrail({ kind, key })
  return { bundle, keys: { keys: [...keys.keys, exampleTrailKey(impostor)] }, touched: [name] }
}

/** The roles that may sign a link of the name. */
function rolesOf(name: string): readonly string[] {
  const parsed = parseLinkName(name)
  return parsed === undefined ? [] : kindOf(parsed.kind).roles
}

/** One link under the key of another party of the same trail. */
export function otherParty(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { link, at } = picked
  const { bundle, example, random } = subject
  const allowed = rolesOf(link.name)
  const others = Object.values(example.signers).filter(
    ({ roles }) => !roles.some((role) => allowed.includes(role)),
  )
  bundle.links[at] = restated(link, statementOf(link), random.pick(others))
  return { bundle, keys: example.keys, touched: [link.name] }
}

/** A party says something else later, with its own key: what follows still binds the first word. */
export function secondWord(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { link, at } = picked
  const { bundle, example, random } = subject
  const statement = statementOf(link)
  const said = isSeal(link) ? statement.predicate : objectOf(link)
  const leaf = pickLeaf(said, random, () => true)
  if (leaf === undefined) return undefined
  leaf.set(otherValue(leaf.value, random))
  const { predicate } = statement
  const saying = isSeal(link)
    ? statement
    : { ...statement, predicate: { ...predicate, object: said } }
  bundle.links[at] = restated(link, saying, signerOf(subject, link))
  return { bundle, keys: example.keys, touched: [link.name] }
}

const SECOND = 1000

/** The key that signed a link had expired, was not yet valid, or was revoked before it was logged. */
export function deadKey(subject: Subject): Tampered | undefined {
  const picked = pickLink(subject)
  if (picked === undefined) return undefined
  const { link } = picked
  const { bundle, example, random } = subject
  const { key_id } = signerOf(subject, link)
  const at = Math.floor(Date.parse(String(objectOf(link).issued_at)) / SECOND)
  const change = random.pick<Partial<TrailKey>>([
    { exp: at - random.below(100_000) },
    { nbf: at + 1 + random.below(100_000) },
    { revoked_at_log_size: random.below(4) },
  ])
  return {
    bundle,
    keys: withKey(example.keys, key_id, change),
    touched: bySame(bundle.links, key_id),
  }
}

/** A stolen key that has expired: what it signs now says that it is from before, and all who follow agree. */
export function backdated(subject: Subject): Tampered | undefined {
  const { kind, random } = subject
  const picked = pickLink(subject, follows)
  if (picked === undefined) return undefined
  const { name } = picked.link
  const thief = exampleKey(
    signerOf(subject, picked.link).party,
    signerOf(subject, picked.link).roles,
    `stolen ${name}`,
  )
  const before = Date.parse('2026-01-05T09:50:00.000Z') - random.below(80_000) * SECOND
  const issued_at = new Date(before).toISOString()
  const made = makeExampleTrail({
    kind,
    edit: (at, object) => (at === name ? { ...object, issued_at } : object),
    key: (at, usual) => (at === name ? thief : usual),
  })
  const expired = exampleTrailKey(thief, {
    nbf: Math.floor(before / SECOND) - 1000,
    exp: Math.floor(before / SECOND) + 1,
  })
  return { bundle: made.bundle, keys: { keys: [...made.keys.keys, expired] }, touched: [name] }
}

/** Whether a link follows others, whose times its own is held against; a seal takes its entry's. */
function follows(link: BundleLink): boolean {
  const { after } = statementOf(link).predicate
  return Array.isArray(after) && after.length > 0
}

function bySame(links: readonly BundleLink[], key_id: string): string[] {
  return links.flatMap(({ name, envelope: { signatures } }) =>
    signatures[0].keyid === key_id ? [name] : [],
  )
}

function withKey({ keys }: KeySet, kid: string, change: Partial<TrailKey>): KeySet {
  return { keys: keys.map((key) => (key.kid === kid ? { ...key, ...change } : key)) }
}
