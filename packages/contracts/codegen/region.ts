/** Parts of a hand-written file that are generated: what stands between two comments. */

/**
 * The text with everything between the line that holds `NAME:begin` and the one that holds
 * `NAME:end` replaced by `body`.
 * @throws Error when one of the two lines is missing
 */
export function withRegion(text: string, name: string, body: string): string {
  const lines = text.split('\n')
  const from = lines.findIndex((line) => line.includes(` ${name}:begin`))
  const to = lines.findIndex((line) => line.includes(` ${name}:end`))
  if (from < 0 || to < from) throw new Error(`no place for ${name}`)
  return [...lines.slice(0, from + 1), ...body.split('\n'), ...lines.slice(to)].join('\n')
}
