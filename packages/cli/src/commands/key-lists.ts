import type { Command } from 'commander'
import { makeAdmin, signList } from '../keys/sign.ts'
import { updateKeys } from '../keys/update.ts'
import type { Output } from '../output.ts'

const gather = (value: string, before: string[] = []) => [...before, value]

/** The commands about signed key lists. */
export function keyListCommands(keys: Command, output: () => Output): void {
  keys
    .command('admin <file>')
    .description('make the key of an admin, who signs key lists and nothing else')
    .action((file) => makeAdmin(file, output()))
  keys
    .command('sign <dir>')
    .description('sign the key list of services.keys.json as the next version')
    .requiredOption('--key <file>', "an admin's private JWK; may be repeated", gather)
    .option('--admins <file>', '{ threshold, keys } of the admins from this list on')
    .option('--origin <origin>', "the log's name, for the first list", 'prooftrail.local/log')
    .action((dir, options) => signList(dir, options, output()))
  keys
    .command('update')
    .description('renew a pinned key list, whoever serves the new one')
    .requiredOption('--from <place>', 'address of attestation, or a folder with its files')
    .requiredOption('--pinned <file>', 'the pinned list; replaced when the new one holds')
    .option('--policy <file>', 'whose cosignatures the log of key lists must have')
    .action((options) => updateKeys(options, output()))
}
