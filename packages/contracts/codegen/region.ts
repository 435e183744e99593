import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A page with what stands between `<!-- name:begin -->` and `<!-- name:end -->` written anew.
 * @throws Error when the page has no such place
 */
export function withRegion(
  root: string,
  path: string,
  name: string,
  text: string,
): [string, string] {
  const page = readFileSync(join(root, path), 'utf8')
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error(`${path} has no place for ${name}`)
  return [path, `${page.slice(0, from)}${begin}\n${text}\n${page.slice(to)}`]
}
