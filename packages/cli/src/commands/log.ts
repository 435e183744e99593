import type { Command } from 'commander'
import { consistency } from '../log/consistency.ts'
import { monitor } from '../log/follow.ts'
import { fsck } from '../log/fsck.ts'
import { witness } from '../log/witness.ts'
import type { Output } from '../output.ts'

const gather = (value: string, before: string[] = []) => [...before, value]

/** The commands about the log, and the witness of logs. */
export function logCommands(
  program: Command,
  output: () => Output,
  untilStopped: () => Promise<void>,
): void {
  const log = program.command('log').description('the log over time')
  log
    .command('consistency <old> <new>')
    .description('prove that one checkpoint (a file, or a size) begins with another')
    .requiredOption('--log <place>', 'address of the log, or a folder with its files')
    .option('--keys <file>', 'keys.json: whose signatures count')
    .action(async (old, newer, options) => {
      process.exitCode = await consistency([old, newer], options, output())
    })

  log
    .command('monitor <place>')
    .description('follow a log; shout and exit 1 at a fork, a shrink, or what is stale')
    .requiredOption('--keys <file>', 'the pinned key list; read again each time')
    .option('--state <file>', 'remember the newest checkpoint there')
    .option('--once', 'look once and end')
    .option('--every <seconds>', 'pause between looks', '30')
    .option('--policy <file>', 'whose cosignatures it must have')
    .option('--max-age <seconds>', 'alarm when nothing is newer than that')
    .option('--trail <file>', 'a bundle that must stay in the log; may be repeated', gather)
    .action(async (place, options) => {
      process.exitCode = await monitor(place, options, output(), untilStopped())
    })

  log
    .command('fsck <place>')
    .description('derive the log again: from its entries, and from the trails')
    .requiredOption('--keys <file>', 'keys.json: whose signatures count')
    .option('--trails <dir>', 'bundles (*.trail.json) whose entries must be in it')
    .option('--documents', 'all trails of the service at that address (PROOFTRAIL_TOKEN)')
    .action(async (place, options) => {
      process.exitCode = await fsck(place, options, output())
    })

  program
    .command('witness')
    .description('cosign the checkpoints of logs, each only if it begins with the one before')
    .requiredOption('--name <name>', "the witness's name, as a schema-less URL")
    .requiredOption('--key <file>', 'its private JWK; made where --new finds none')
    .requiredOption('--state <file>', 'what it cosigned last; never lose it')
    .option('--new', 'begin: the state file must not be there')
    .option('--log <vkey>', 'verifier key of a log; may be repeated', gather)
    .option('--keys <file>', 'a key list, whose log keys are trusted')
    .option('--host <host>', 'address that is listened on', '127.0.0.1')
    .option('--port <port>', 'port that is listened on', '7080')
    .action((options) => witness(options, output(), untilStopped()))
}
