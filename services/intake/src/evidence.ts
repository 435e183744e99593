import { checkEvidence, evidenceSchema, type Json, type Manifest } from '@prooftrail/contracts'
import { type Digest, digestOf } from '@prooftrail/trail/encoding'
import { LRUCache } from 'lru-cache'
import type { Fault } from './codes.ts'
import { describeFaults, listed } from './describe-faults.ts'

/**
 * What is wrong with the classes of an order's evidence; that it is an object at all is a matter
 * of the order's form. A class that is absent, or an empty list, is the
 * tool's finding and no fault here, unless not one required class has an item.
 */
export function evidenceFaults(evidence: Json, manifest: Manifest): Fault[] {
  if (typeof evidence !== 'object' || Array.isArray(evidence)) return []
  const faults: Fault[] = []
  const given = Object.entries(evidence)
  const known = given.filter(([name]) => Object.hasOwn(manifest.evidence, name))
  const unknown = given.filter(([name]) => !Object.hasOwn(manifest.evidence, name))
  if (unknown.length > 0) {
    const names = listed(unknown.map(([name]) => name))
    faults.push({ code: 'PT-1027', detail: `unknown: ${names}; known: ${namesOf(manifest)}` })
  }
  const filled = known.filter(([, items]) => !Array.isArray(items) || items.length > 0)
  const malformed = checkEvidence(manifest, Object.fromEntries(filled), 'PT-1026')
  if (malformed.length > 0)
    faults.push({ code: 'PT-1026', detail: describeFaults(malformed, 'evidence') })
  const required = Object.keys(manifest.evidence).filter((name) => isRequired(manifest, name))
  if (required.length > 0 && !filled.some(([name]) => isRequired(manifest, name))) {
    faults.push({ code: 'PT-1028', detail: `required: ${listed(required)}` })
  }
  return faults
}

const digests = new LRUCache<Digest, Digest>({ max: 1_000 })

/** The digest of the schema that the evidence was checked by, remembered per manifest. */
export function evidenceSchemaDigest(manifestDigest: Digest, manifest: Manifest): Digest {
  const known = digests.get(manifestDigest)
  if (known !== undefined) return known
  const digest = digestOf(evidenceSchema(manifest))
  digests.set(manifestDigest, digest)
  return digest
}

function namesOf(manifest: Manifest): string {
  return listed(Object.keys(manifest.evidence))
}

function isRequired(manifest: Manifest, name: string): boolean {
  return manifest.evidence[name]?.required === true
}
