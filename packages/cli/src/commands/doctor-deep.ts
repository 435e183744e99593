import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { home } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { lookDeep } from '../recovery/deep/look.ts'
import { urlsHere } from '../recovery/rebuild-one.ts'
import { withStackHere } from '../recovery/stack-here.ts'

/**
 * Compares Kafka, registry and MongoDB of this machine, whole. @returns 0 when they agree, else 1
 * @throws CommandError PT-8006 without the deployment's keys, with which documents are made again
 */
export async function doctorDeep(out: Output, dir: string = home): Promise<number> {
  const keys = join(dir, 'keys/services.keys.json')
  if (!existsSync(keys)) {
    const detail = `${keys} cannot be read: set PROOFTRAIL_HOME to the folder of the deployment’s keys`
    throw new CommandError('PT-8006', detail, 2)
  }
  const found = await withStackHere(out, (stack) => {
    const onStep = (what: string) => {
      if (out.live) process.stdout.write(`\r\u001b[2K${what}`)
      else out.say(`${mark('dot')} ${what}`)
    }
    return lookDeep(stack, { dir, urls: urlsHere(), onStep })
  })
  if (out.live) process.stdout.write('\r\u001b[2K')
  out.document({ agree: found.length === 0, findings: found })
  for (const { code, detail, next } of found) {
    out.say(`${mark('no')} ${code} ${detail}`)
    out.say(colour.dim(`    ${next}`))
  }
  if (found.length === 0) out.say(`${mark('ok')} Kafka, registry and MongoDB agree`)
  return found.length === 0 ? 0 : 1
}
