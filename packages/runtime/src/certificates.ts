import { X509Certificate } from 'node:crypto'

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * When the first of an authority's certificates ends (epoch ms); undefined where none is configured,
 * or what is configured cannot be read (connecting tells of that).
 */
export function certificateEnds(ssl: boolean | { ca: string } | undefined): number | undefined {
  if (typeof ssl !== 'object') return undefined
  const ends = (ssl.ca.match(PEM) ?? []).flatMap((pem) => {
    try {
      return [Date.parse(new X509Certificate(pem).validTo)]
    } catch {
      return []
    }
  })
  return ends.length === 0 ? undefined : Math.min(...ends)
}
