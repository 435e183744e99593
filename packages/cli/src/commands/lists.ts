import {
  CALLBACK_STATUS,
  EXCEPTION_TYPES,
  LIFECYCLE_STATES,
  RESULT_STATUS,
  VERDICTS,
} from '@prooftrail/contracts'
import { ACT_ANSWERS, ACTED_ON, RUN_SORTS, WAITS_FOR } from '@prooftrail/contracts/doors'
import { type Command, Option } from 'commander'
import { accounts, agents } from '../lists/accounts.ts'
import { acts } from '../lists/acts.ts'
import { exceptions, runs } from '../lists/runs.ts'
import type { Output } from '../output.ts'

/** Lists with filters and a way on: runs, acts, open tickets, accounts, agents. */
export function listCommands(program: Command, agentsCommand: Command, output: () => Output): void {
  program
    .command('runs')
    .description('runs, each with the command that helps')
    .addOption(one('--state <state>', 'of this lifecycle state', LIFECYCLE_STATES))
    .addOption(one('--waits-for <whom>', 'that wait for them', WAITS_FOR))
    .option('--tool <tool>', 'of this tool')
    .option('--agent <id>', 'of this agent')
    .addOption(one('--callback <status>', 'whose callback stands there', CALLBACK_STATUS))
    .addOption(one('--result <status>', 'with such a result', RESULT_STATUS))
    .addOption(one('--verdict <verdict>', 'sealed so', VERDICTS))
    .option('--find <name>', 'with this id, digest, log index or handle')
    .addOption(one('--sort <order>', 'newest change first (-changed) unless said', RUN_SORTS))
    .option('--limit <n>', 'at most so many (default: 50)')
    .option('--cursor <cursor>', 'where a list went on')
    .action(({ waitsFor: waits_for, ...filter }) => runs({ ...filter, waits_for }, output()))

  program
    .command('acts')
    .description('who asked for what, when, why, and the answer; newest first')
    .option('--by <name>', 'of this agent or operator')
    .option('--action <name>', 'of this act')
    .addOption(one('--on <what>', 'on such a thing', ACTED_ON))
    .addOption(one('--answer <answer>', 'that were answered so', ACT_ANSWERS))
    .option('--run <id>', 'on this work order')
    .option('--batch <id>', 'of this batch')
    .option('--since <time>', 'at this time (RFC 3339) or after it')
    .option('--until <time>', 'at this time or before it')
    .option('--limit <n>', 'at most so many (default: 50)')
    .option('--cursor <cursor>', 'where a list went on')
    .action((filter) => acts(filter, output()))

  program
    .command('exceptions')
    .description('open tickets, each with the command that helps')
    .addOption(one('--type <type>', 'of this type', EXCEPTION_TYPES))
    .addOption(
      one('--state <state>', 'of runs of this state (default: exception_open)', LIFECYCLE_STATES),
    )
    .option('--tool <tool>', 'of this tool')
    .option('--agent <id>', 'of this agent')
    .option('--limit <n>', 'of at most so many runs (default: 50)')
    .option('--cursor <cursor>', 'where a list went on')
    .action((filter) => exceptions(filter, output()))

  program
    .command('accounts')
    .description('accounts of agents, each with the command that helps')
    .option('--waiting', 'those that keep orders waiting')
    .option('--limit <n>', 'at most so many (default: 50)')
    .option('--cursor <cursor>', 'where a list went on')
    .action(({ waiting, ...filter }) =>
      accounts({ ...filter, ...(waiting ? { waiting: 'true' } : {}) }, output()),
    )

  agentsCommand
    .command('list')
    .description('agents, each with the command that helps')
    .option('--limit <n>', 'at most so many (default: 50)')
    .option('--cursor <cursor>', 'where a list went on')
    .action((filter) => agents(filter, output()))
}

/** An option of a closed list. */
function one(flags: string, description: string, values: readonly string[]): Option {
  return new Option(flags, description).choices(values)
}
