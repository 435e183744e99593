/** One file that proves one work order (wire format section 6). */
import { fromBase64, toBase64 } from '#crypto'
import { checkJson } from './canonical.ts'
import { type Envelope, parseEnvelope } from './envelope.ts'
import { TrailError } from './errors.ts'
import { parseLinkName } from './format/kinds.ts'
import type { Link } from './link.ts'
import { type Pilot, parsePilot } from './pilot.ts'
import type { Seal } from './seal.ts'
import { isClosed, isCount, isText } from './shape.ts'
import { parseStrict } from './strict-json.ts'

export const BUNDLE_FORMAT = 'prooftrail-bundle/v1'

/** More links than any run makes; seals list all before them, so such a file grows by the square. */
const MAX_LINKS = 2000

export interface BundleLink {
  name: string
  digest: string
  envelope: Envelope
}

/** That the newest ledger entry is in the log. */
export interface LogProof {
  origin: string
  /** The entry's index, from 0. */
  index: number
  /** The RFC 6962 audit path, leaf to root, padded base64 of 32 bytes each. */
  proof: string[]
  /** The whole signed note. */
  checkpoint: string
}

export interface Bundle {
  format: typeof BUNDLE_FORMAT
  work_order_id: string
  pilot: Pilot
  links: BundleLink[]
  log: LogProof
}

/** A link or a seal under its name in the trail. */
export type NamedLink = { name: string } & ({ link: Link } | { seal: Seal })

/**
 * Puts a bundle together; nothing is verified here.
 * @throws TrailError LINK_NAME for a name outside the list
 */
export function makeBundle(parts: {
  work_order_id: string
  pilot: Pilot
  links: readonly NamedLink[]
  log: { origin: string; index: number; proof: readonly Uint8Array[]; checkpoint: string }
}): Bundle {
  const { work_order_id, pilot, links, log } = parts
  return {
    format: BUNDLE_FORMAT,
    work_order_id,
    pilot,
    links: links.map(bundleLink),
    log: { ...log, proof: log.proof.map(toBase64) },
  }
}

/** A link as a bundle, or a callback's body, carries it: name, digest and envelope. @throws TrailError LINK_NAME */
export function bundleLink({ name, ...of }: NamedLink): BundleLink {
  if (parseLinkName(name) === undefined) {
    throw new TrailError('LINK_NAME', `no link is named ${name}`)
  }
  const { digest, envelope } = 'seal' in of ? of.seal : of.link
  return { name, digest, envelope }
}

/**
 * A bundle read strictly: closed, every member of its type, no key twice.
 * @param input the file's text or bytes, or the value it holds
 * @throws TrailError BUNDLE naming every fault of form, or JSON_*
 */
export function parseBundle(input: unknown): Bundle {
  const { bundle, faults } = readBundle(input)
  if (bundle !== undefined) return bundle
  throw new TrailError('BUNDLE', faults.map(({ detail }) => detail).join('; '))
}

/** What is wrong with a bundle's form, and in which link. */
export interface BundleFault {
  link?: string
  detail: string
}

/**
 * As `parseBundle`, but answers all faults of form instead of throwing them.
 * @throws TrailError JSON_* only
 */
export function readBundle(
  input: unknown,
): { bundle: Bundle; faults: [] } | { bundle: undefined; faults: BundleFault[] } {
  const value =
    typeof input === 'string' || input instanceof Uint8Array ? parseStrict(input) : input
  checkJson(value)
  const faults: BundleFault[] = []
  const bundle = read(value, faults)
  if (bundle === undefined || faults.length > 0) return { bundle: undefined, faults }
  return { bundle, faults: [] }
}

function read(value: unknown, faults: BundleFault[]): Bundle | undefined {
  const fault = (detail: string) => faults.push({ detail })
  if (!isClosed(value, ['format', 'work_order_id', 'pilot', 'links', 'log'])) {
    fault('a bundle has exactly format, work_order_id, pilot, links and log')
    return undefined
  }
  const { format, work_order_id } = value
  const pilot = parsePilot(value.pilot)
  const links = readLinks(value.links, faults)
  const log = readLog(value.log)
  if (format !== BUNDLE_FORMAT) fault(`the format is not ${BUNDLE_FORMAT}`)
  if (!isText(work_order_id)) fault('work_order_id is no text')
  if (pilot === undefined) fault('pilot is no pilot header')
  if (log === undefined) fault('log is no proof of inclusion')
  if (!isText(work_order_id) || pilot === undefined || log === undefined) return undefined
  return { format: BUNDLE_FORMAT, work_order_id, pilot, links, log }
}

function readLinks(value: unknown, faults: BundleFault[]): BundleLink[] {
  if (!Array.isArray(value)) {
    faults.push({ detail: 'links is no array' })
    return []
  }
  if (value.length > MAX_LINKS) {
    faults.push({ detail: `more than ${MAX_LINKS} links` })
    return []
  }
  return value.flatMap((link: unknown, i) => readLink(link, i, faults) ?? [])
}

function readLink(link: unknown, i: number, faults: BundleFault[]): BundleLink | undefined {
  if (!isClosed(link, ['name', 'digest', 'envelope'])) {
    faults.push({ detail: `link ${i} has not exactly name, digest and envelope` })
    return undefined
  }
  const { name, digest } = link
  if (typeof name !== 'string' || typeof digest !== 'string') {
    faults.push({ detail: `link ${i} has no name or no digest` })
    return undefined
  }
  try {
    return { name, digest, envelope: parseEnvelope(link.envelope).envelope }
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'no envelope'
    faults.push({ link: name, detail })
    return undefined
  }
}

function readLog(value: unknown): LogProof | undefined {
  if (!isClosed(value, ['origin', 'index', 'proof', 'checkpoint'])) return undefined
  const { origin, index, proof, checkpoint } = value
  if (!isText(origin) || !isCount(index) || !isText(checkpoint)) return undefined
  if (!Array.isArray(proof) || !proof.every(isHash)) return undefined
  return { origin, index, proof, checkpoint }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && fromBase64(value)?.length === 32
}
