import type { Verdict } from '@prooftrail/trail'
import { colour, mark, pad } from './output.ts'

/** A verified trail as a tree: each link with its signer, time and digest, then the log. */
export function trailTree(verdict: Verdict): string[] {
  const width = Math.max(16, ...verdict.links.map(({ name }) => name.length)) + 2
  const lines = [colour.bold(verdict.work_order_id)]
  verdict.links.forEach((link, at) => {
    const last = at === verdict.links.length - 1 && !verdict.checkpoint
    const branch = colour.dim(last ? '└─' : '├─')
    const digest = colour.dim(link.digest.slice(7, 19))
    const time = colour.dim(String(link.issued_at ?? '').slice(11, 23))
    const signer = pad(`${link.party ?? '?'}`, 20)
    lines.push(
      `${branch} ${mark(link.ok ? 'ok' : 'no')} ${pad(link.name, width)}${signer} ${time}  ${digest}`,
    )
  })
  if (verdict.checkpoint) {
    const { origin, size, index } = verdict.checkpoint
    const { policy } = verdict
    const branch = colour.dim(policy ? '├─' : '└─')
    lines.push(`${branch} ${mark('ok')} ${pad('log', width)}${origin}: leaf ${index} of ${size}`)
    if (policy) lines.push(`${colour.dim('└─')} ${policyLine(policy, width)}`)
  }
  return lines
}

/** Which witnesses cosigned, and whether they are enough. */
function policyLine(
  { at_least, missing, cosigned }: NonNullable<Verdict['policy']>,
  width: number,
): string {
  const who = cosigned.map(({ name, time }) => `${name} at ${new Date(time * 1000).toISOString()}`)
  const found = `${cosigned.length} of ${at_least} asked for`
  return `${mark(missing === 0 ? 'ok' : 'no')} ${pad('witnesses', width)}${[found, ...who].join('; ')}`
}

/** The verdict in one line, and every fault with its link. */
export function verdictLines(verdict: Verdict, milliseconds?: number): string[] {
  const took =
    milliseconds === undefined ? '' : colour.dim(` (${milliseconds.toFixed(1)} ms, offline)`)
  if (verdict.ok) {
    const paint = verdict.verdict === 'ready' ? colour.green : colour.yellow
    return [`${mark('ok')} verifies: ${colour.bold(paint(String(verdict.verdict)))}${took}`]
  }
  return [
    `${mark('no')} ${colour.red('does not verify')}${took}`,
    ...verdict.problems.map(
      ({ link, code, detail }) => `  ${pad(link ?? 'bundle', 20)} ${pad(code, 22)} ${detail}`,
    ),
  ]
}
