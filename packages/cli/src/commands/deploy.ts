import { Starting } from '@prooftrail/runtime'
import { generateKeyPair } from '@prooftrail/trail'
import { vkeyOf } from '@prooftrail/trail/log'
import { deploySchemas } from '../deploy-schemas.ts'
import { CommandError } from '../fault.ts'
import { mark, type Output } from '../output.ts'
import { makeServerSecrets } from '../server-secrets.ts'
import { openKeyRing } from '../service-keys.ts'
import { EXECUTORS } from '../service-list.ts'
import { stackAddresses } from './submit.ts'

/** Subjects first, with their compatibility, then topics; run again it changes nothing. */
export async function schemasRegister(
  options: { partitions: string; replication?: string },
  out: Output,
): Promise<void> {
  const stack = await stackAddresses()
  const starting = new Starting((line) => out.say(line))
  const { replication } = options
  const given = {
    ...(replication === undefined ? {} : { replication: Number(replication) }),
    starting,
  }
  await deploySchemas(stack, Number(options.partitions), [], given)
  out.document({ registered: true })
  out.say(`${mark('ok')} schemas registered and topics created at ${stack.registry.url}`)
}

export async function keysMake(
  dir: string,
  options: { origin: string; agents?: string },
  out: Output,
): Promise<void> {
  try {
    // a verifier key of that name: the rule is that of signed notes
    vkeyOf(options.origin, generateKeyPair().publicKey)
  } catch {
    const what = 'names the log: no spaces, no +, not empty'
    throw new CommandError('PT-8013', `--origin ${what}, not '${options.origin}'`, 2)
  }
  const ring = openKeyRing(dir, options.origin)
  for (const { name } of EXECUTORS) ring.own(name)
  makeServerSecrets(ring, options.agents?.split(',').filter(Boolean) ?? [])
  out.document({ keys_file: ring.keysFile })
  out.say(`${mark('ok')} keys in ${dir}; the public ones are in ${ring.keysFile}`)
}
