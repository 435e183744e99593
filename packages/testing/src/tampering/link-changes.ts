/** Links that are missing, doubled, in another order, or out of another trail. */
import type { BundleLink } from '@prooftrail/trail'
import { pickLink, type Subject, type Tampered } from './subject.ts'

/** Some neighbouring links are gone. */
export function droppedLinks(subject: Subject): Tampered {
  const { links } = subject.bundle
  const at = subject.random.below(links.length)
  const count = 1 + subject.random.below(Math.min(3, links.length - at))
  links.splice(at, count)
  return displaced(subject)
}

/** A link stands there once more, where it was or elsewhere. */
export function doubledLink(subject: Subject): Tampered | undefined {
  const { bundle, random } = subject
  const link = random.pick(bundle.links)
  bundle.links.splice(random.below(bundle.links.length + 1), 0, structuredClone(link))
  return displaced(subject)
}

/** Two links have changed places. */
export function swappedLinks(subject: Subject): Tampered | undefined {
  const { links } = subject.bundle
  const [at, to] = [subject.random.below(links.length), subject.random.below(links.length)]
  const [one, other] = [links[at], links[to]]
  if (one === undefined || other === undefined || at === to) return undefined
  links[at] = other
  links[to] = one
  return displaced(subject)
}

/** Two links keep their places and names, and have each other's content. */
export function swappedContents(subject: Subject): Tampered | undefined {
  const { bundle, random } = subject
  const [one, other] = [random.pick(bundle.links), random.pick(bundle.links)]
  if (one === other) return undefined
  const { digest, envelope } = one
  one.envelope = other.envelope
  other.envelope = envelope
  if (random.below(2) === 0) {
    one.digest = other.digest
    other.digest = digest
  }
  return changed(subject, [one, other])
}

/** A genuine link of another run stands in the place of this one's. */
export function splicedLink(subject: Subject): Tampered | undefined {
  const { links } = subject.random.pick(subject.others).bundle
  const isOther = ({ name, digest }: BundleLink) =>
    links.some((link) => link.name === name && link.digest !== digest)
  const picked = pickLink(subject, isOther)
  const link = links.find(({ name }) => name === picked?.link.name)
  if (picked === undefined || link === undefined) return undefined
  subject.bundle.links[picked.at] = link
  return changed(subject, [link])
}

/** This trail up to a place, and another run from there on, with the proof of either. */
export function splicedTail(subject: Subject): Tampered | undefined {
  const { bundle, random } = subject
  const other = random.pick(subject.others).bundle
  const at = 1 + random.below(bundle.links.length)
  const links = [...bundle.links.slice(0, at), ...other.links.slice(at)]
  if (areSame(links, bundle.links) || areSame(links, other.links)) return undefined
  bundle.links = links
  if (random.below(2) === 0) bundle.log = other.log
  return displaced(subject)
}

/** The last revisions are cut off. */
export function cutRevisions(subject: Subject): Tampered | undefined {
  const { links } = subject.bundle
  const seals = links.flatMap(({ name }, at) => (name.startsWith('attestation') ? [at] : []))
  const kept = seals.slice(0, -1)
  if (kept.length === 0) return undefined
  links.splice(subject.random.pick(kept) + 1)
  return displaced(subject)
}

/** A revision of another run is added, or takes the place of this one's. */
export function splicedRevision(subject: Subject): Tampered | undefined {
  const { bundle, random } = subject
  const other = random.pick(subject.others).bundle
  const first = bundle.links.findIndex(({ name }) => name === 'attestation')
  const from = other.links.findIndex(({ name }) => name === 'attestation')
  const added = other.links.slice(from + 1)
  const links = [...bundle.links.slice(0, first + 1), ...added]
  if (added.length === 0 || areSame(links, bundle.links) || areSame(links, other.links)) {
    return undefined
  }
  bundle.links = links
  if (random.below(2) === 0) bundle.log = other.log
  return displaced(subject)
}

function changed({ bundle, example }: Subject, links: readonly BundleLink[]): Tampered {
  return { bundle, keys: example.keys, touched: links.map(({ name }) => name) }
}

/** Touched is every place that has another link than before: both its old and its new one. */
function displaced({ bundle, example }: Subject): Tampered {
  const [before, after] = [example.bundle.links, bundle.links]
  const length = Math.max(before.length, after.length)
  const touched = Array.from({ length }, (_, at) => [before[at], after[at]]).flatMap(
    ([one, other]) => (one?.digest === other?.digest ? [] : [one?.name ?? [], other?.name ?? []]),
  )
  return { bundle, keys: example.keys, touched: touched.flat() }
}

function areSame(some: readonly BundleLink[], others: readonly BundleLink[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}
