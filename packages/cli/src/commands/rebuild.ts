import type { RebuildProgress, Rebuilt } from '@prooftrail/runtime'
import { readAddresses } from '@prooftrail/stack'
import { home } from '../checkout.ts'
import { colour, mark, type Output } from '../output.ts'
import { entryOf, envHere, rebuildOne, urlsHere } from '../recovery/rebuild-one.ts'
import { withStackHere } from '../recovery/stack-here.ts'

/**
 * Makes the collection of a service again from the topics, or beside it to compare.
 * @returns the exit code: 1 where the compared ones differ
 */
export async function rebuild(
  name: string,
  { beside = false }: { beside?: boolean },
  out: Output,
): Promise<number> {
  const service = entryOf(name)
  const onProgress = showDone(name, out)
  const made = await withStackHere(out, (stack) => {
    // a deployment's own environment, or that of this checkout
    const env = readAddresses(process.env) ? process.env : envHere(service, stack, home, urlsHere())
    return rebuildOne(service, { env, dir: home }, { beside, onProgress })
  })
  onProgress(undefined)
  out.document(made)
  for (const line of linesOf(made)) out.say(line)
  const { differentCount, missing, added } = made.differences
  return beside && differentCount + missing + added > 0 ? 1 : 0
}

function linesOf({ service, messages, documents, differences, isInPlace, seconds }: Rebuilt) {
  const { equal, differentCount, different, missing, added } = differences
  const what = `${documents} documents from ${messages} messages in ${seconds.toFixed(1)} s`
  const differs = differentCount + missing + added > 0
  const counts = `equal ${equal}, different ${differentCount}, not made again ${missing}, only made again ${added}`
  return [
    `${mark('ok')} ${colour.bold(service)}  ${what}`,
    `  ${mark(differs && !isInPlace ? 'part' : 'dot')} against what was there: ${counts}`,
    ...different.map((id) => `    ${id}`),
    isInPlace
      ? colour.dim(`  in its place; start ${service} again`)
      : colour.dim(
          `  nothing was changed; stop ${service} and leave out --beside to put it in place`,
        ),
  ]
}

/** One line that is drawn again on a terminal; elsewhere a line per step. */
function showDone(name: string, out: Output): (progress: RebuildProgress | undefined) => void {
  let before = ''
  return (progress) => {
    if (out.live) process.stdout.write('\r\u001b[2K')
    if (!progress) return
    const { step, done, total } = progress
    const text = `${name}: ${step} ${done}${total === undefined ? '' : ` of about ${total}`}`
    if (out.live) process.stdout.write(text.slice(0, (process.stdout.columns ?? 80) - 1))
    else if (step !== before) out.say(`${mark('dot')} ${name}: ${step}`)
    before = step
  }
}
