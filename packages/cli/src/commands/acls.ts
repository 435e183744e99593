import { type AclParty, type AclRule, aclsFor, userOf } from '@prooftrail/contracts'
import { aclTable, kafkaAclLines, kafkaUsers } from '../acls/forms.ts'
import { grant, partiesHere, partyOf } from '../acls/parties.ts'
import { CommandError } from '../fault.ts'
import { mark, type Output } from '../output.ts'
import { SERVICES } from '../service-list.ts'
import { stackAddresses } from './submit.ts'

export interface AclOptions {
  format: string
  service?: string
  executor?: string
  agent?: string
  /** Name of Strimzi's Kafka resource. */
  cluster: string
  apply?: boolean
}

const FORMATS: Readonly<Record<string, (rules: readonly AclRule[], cluster: string) => string>> = {
  table: aclTable,
  'kafka-acls': kafkaAclLines,
  strimzi: kafkaUsers,
}

/** Those that the options name, else all. @throws CommandError PT-8013 for a service that is none */
function chosen({ service, executor, agent }: AclOptions): AclParty[] {
  const parties: AclParty[] = []
  if (service !== undefined) {
    const found = SERVICES.find(({ name }) => name === service)
    const names = SERVICES.map(({ name }) => name).join(', ')
    if (!found) throw new CommandError('PT-8013', `--service takes ${names}`, 2)
    parties.push(partyOf(found))
  }
  if (executor !== undefined) parties.push({ kind: 'tool', name: executor })
  if (agent !== undefined) parties.push({ kind: 'agent', name: agent })
  return parties.length > 0 ? parties : partiesHere()
}

/** Prints who may do what at the broker, or grants it there. */
export async function acls(options: AclOptions, out: Output): Promise<void> {
  const parties = chosen(options)
  const rules = rulesOf(parties)
  const form = FORMATS[options.format]
  if (!form) {
    const names = Object.keys(FORMATS).join(', ')
    throw new CommandError('PT-8013', `--format takes ${names}, not '${options.format}'`, 2)
  }
  out.document({ acls: rules, ...(options.apply ? { applied: true } : {}) })
  if (!options.apply) return out.say(form(rules, options.cluster).trimEnd())
  const { kafka } = await stackAddresses()
  await grant(kafka, parties)
  const users = parties.map(userOf).join(', ')
  out.say(`${mark('ok')} granted at ${kafka.brokers}: ${users}`)
}

function rulesOf(parties: readonly AclParty[]): AclRule[] {
  try {
    return parties.flatMap((party) => aclsFor(party))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CommandError('PT-8013', error.message, 2)
  }
}
