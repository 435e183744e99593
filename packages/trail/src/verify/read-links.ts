/** Form of every link: envelope, statement, subject, digest (wire format section 3). */
import type { BundleLink } from '../bundle.ts'
import { digestOfBytes } from '../digest.ts'
import { TrailError } from '../errors.ts'
import { parseLinkName } from '../format/kinds.ts'
import { Link as SignedLink } from '../link.ts'
import { parseSealEnvelope } from '../seal.ts'
import type { Link } from './trail.ts'
import type { Report } from './verdict.ts'

/** All links whose form holds; every other one is reported. */
export function readLinks(links: readonly BundleLink[], report: Report): Link[] {
  return links.flatMap((link, position) => {
    try {
      return readLink(link, position, report) ?? []
    } catch (error) {
      if (!(error instanceof TrailError)) throw error
      const code = error.code === 'DIGEST' ? 'LINK_DIGEST' : 'LINK_FORM'
      report.fail(code, error.message, link.name)
      return []
    }
  })
}

function readLink(link: BundleLink, position: number, report: Report): Link | undefined {
  const { name, digest, envelope } = link
  const parsed = parseLinkName(name)
  if (parsed === undefined) {
    report.fail('LINK_ORDER', 'no link has this name', name)
    return undefined
  }
  const read = parsed.kind === 'attestation' ? readSeal(envelope) : readObject(envelope)
  const { subjectName, ...rest } = read
  if (!report.check(read.digest === digest, 'LINK_DIGEST', 'the digest is another', name))
    return undefined
  const fits = subjectName === undefined || subjectName === parsed.kind
  if (!report.check(fits, 'LINK_FORM', 'the statement is about another kind', name))
    return undefined
  return { name, ...parsed, ...rest, position }
}

function readObject(envelope: unknown) {
  const link = SignedLink.fromEnvelope(envelope)
  const { kind: subjectName, object, after, key_id, signature, digest } = link
  const signed = { object, after: [...after], key_id, signature }
  const statement_digest = link.statementDigest
  return { subjectName, ...signed, digest, statement_digest, payload: link.statement }
}

function readSeal(envelope: unknown) {
  const { predicate, ...seal } = parseSealEnvelope(envelope)
  const digest = digestOfBytes(seal.payload)
  const read = { ...seal, object: predicate, after: [], digest, statement_digest: digest }
  return { subjectName: undefined, ...read }
}
