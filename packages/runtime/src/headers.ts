import type { IHeaders } from 'kafkajs'

/** Headers as text: names and values are anybody's bytes, so values are base64, in order. */
export function encodeHeaders(headers: IHeaders): [name: string, base64: string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    headerValues(value).map((one): [string, string] => [name, Buffer.from(one).toString('base64')]),
  )
}

/**
 * The values of one header name. The client gathers headers in an object, so under a name that every
 * object has (`constructor`) its list begins with what is no value; and a value may be null.
 */
export function headerValues(value: unknown): (string | Uint8Array)[] {
  return [value]
    .flat()
    .map((one: unknown) => one ?? '')
    .filter((one) => typeof one === 'string' || one instanceof Uint8Array)
}

/** The headers of such pairs. */
export function decodeHeaders(pairs: [name: string, base64: string][]): IHeaders {
  const names = new Map<string, Buffer[]>()
  for (const [name, text] of pairs) {
    names.set(name, [...(names.get(name) ?? []), Buffer.from(text, 'base64')])
  }
  return Object.fromEntries(
    [...names].map(([name, [first, ...more]]) => [
      name,
      first && more.length > 0 ? [first, ...more] : first,
    ]),
  )
}
