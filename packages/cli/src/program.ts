import { Command } from 'commander'
import { acls } from './commands/acls.ts'
import { type ActOptions, act, evidenceAdd } from './commands/acts.ts'
import { agentsAdd, agentsProve, agentsRevoke, agentsShow } from './commands/agents.ts'
import { backup, restore } from './commands/backup.ts'
import { batchCommands } from './commands/batches.ts'
import { showConsole } from './commands/console.ts'
import { creditsFund, creditsShow } from './commands/credits.ts'
import { keysMake, schemasRegister } from './commands/deploy.ts'
import { doctor } from './commands/doctor.ts'
import { doctorDeep } from './commands/doctor-deep.ts'
import { agentsForget } from './commands/forget.ts'
import { keyListCommands } from './commands/key-lists.ts'
import { listCommands } from './commands/lists.ts'
import { logCommands } from './commands/log.ts'
import { parkedCommands } from './commands/parked.ts'
import { queue } from './commands/queue.ts'
import { rebuild } from './commands/rebuild.ts'
import { report } from './commands/report.ts'
import { readPort, run } from './commands/run.ts'
import { submit } from './commands/submit.ts'
import { toolsCommands } from './commands/tools.ts'
import { growTopics } from './commands/topics.ts'
import { trail, verify } from './commands/trail.ts'
import { up } from './commands/up.ts'
import { watch } from './commands/watch.ts'
import { runDemo } from './demo/run.ts'
import { readGroups } from './groups.ts'
import { makeOutput, type Output } from './output.ts'

const EXIT_CODES = `
Exit codes: 0 done, 1 no (does not verify, refused, not taken, not ready), 2 cannot be read or
is used in another way, 3 not there (no stack, no answer, nothing known yet), 130 interrupted.`

/** Every command of `prooftrail`, with its options; nothing runs before it is parsed. */
export const program = new Command('prooftrail')
  .description('Work orders of AI agents, with a proof trail that anyone can verify offline.')
  .option('--json', 'one JSON document on standard output; everything else on standard error')
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .showHelpAfterError('(see --help)')
  .addHelpText('after', EXIT_CODES)
  .exitOverride()

/** What stopping may take before the process ends anyway; the servers it started end with it. */
const STOP_MS = 30_000

/** Resolves on the first Ctrl-C or SIGTERM; a second one, or a stop that hangs, ends the process. */
function untilStopped(): Promise<void> {
  let signals = 0
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        signals += 1
        if (signals > 1) process.exit(130)
        setTimeout(() => {
          output().say(
            `not stopped within ${STOP_MS / 1000} s; what runs is ended with this process`,
          )
          process.exit(130)
        }, STOP_MS).unref()
        resolve()
      })
    }
    output().onClosed(resolve)
  })
}

let opened: Output | undefined

/** Where this process tells what it does. */
export function output(): Output {
  opened ??= makeOutput(program.opts().json === true)
  return opened
}

program
  .command('demo')
  .description(
    'start everything, send seven orders to three tools, and put one more right (npm start)',
  )
  .option('--once', 'stop after the orders; exit 0 only if every trail verified')
  .option('--out <dir>', 'write trails, keys, log and callbacks there')
  .option('--processes', 'one process per service')
  .action(async (options) => {
    const stopped = untilStopped()
    const interrupted = stopped.then(() => 'interrupted' as const)
    const finished = runDemo(options, output(), stopped)
    const first = await Promise.race([finished, interrupted])
    const verified = first === 'interrupted' ? await finished.catch(() => undefined) : first
    if (verified === undefined && options.once) process.exitCode = 130
    else if (verified === false) process.exitCode = 1
  })

program
  .command('up')
  .description('start the stack and all services, without the demo')
  .option('--processes', 'one process per service')
  .option('--groups <n>', 'services in n processes (default: 2 on 2 cores or more)', readGroups)
  .option('--cluster', 'three brokers, to see what one or two that are away do')
  .option('--allow-network <cidrs>', 'networks that callbacks may reach besides public ones')
  .option('--users [agents]', 'brokers ask for passwords and grant what `prooftrail acls` shows')
  .action((options) => up(options, output(), untilStopped()))

program
  .command('run <services...>')
  .description('run services and tools in one process until a signal, as containers do')
  .requiredOption('--settings <dir>', 'folder with NAME.env of each, and common.env')
  .option('--suffix <suffix>', 'of these files', '.env')
  .option('--probes <port>', 'answer /healthz and /readyz of all of them there', readPort)
  .action((services, options) => run(services, options))

const agents = program.command('agents').description('agents that may place work orders')
agents
  .command('add <id>')
  .description('register an agent; the private key stays with it')
  .requiredOption('--public-key <file>', 'what `agents prove` wrote: the public JWK and its proof')
  .option('--account <account>', 'credit account that pays (default: the agent id)')
  .option('--tools <tools>', 'tools that it may use, comma-separated (default: all)')
  .action((id, options) => agentsAdd(id, options, output()))
agents
  .command('show <id>')
  .description('what is registered of an agent: account, tools, keys')
  .action((id) => agentsShow(id, output()))

agents
  .command('prove <id>')
  .description("write the public half of an agent's key, with the proof that it holds the key")
  .requiredOption('--key <file>', "the agent's private JWK, which stays where it is")
  .option('--make', 'make the key where the file is not there')
  .action((id, options) => agentsProve(id, options, output()))
agents
  .command('revoke <id>')
  .description('end a key: what it signs from here on counts for nothing')
  .requiredOption('--key-id <kid>', 'the key')
  .requiredOption('--reason <text>', 'why, for all to read')
  .action((id, options) => agentsRevoke(id, options, output()))

agents
  .command('forget <id>')
  .description('delete what the runs of an agent say, from all documents; says first what it would')
  .requiredOption('--reason <text>', 'why, kept for ever')
  .option('--yes', 'do it')
  .action(async (id, options) => {
    process.exitCode = await agentsForget(id, options, output())
  })

const credits = program.command('credits').description('credit accounts')
credits
  .command('fund <account> <credits>')
  .description('issue a settlement receipt (manual_invoice)')
  .option('--reference <reference>', "the invoice's own reference; the same one funds once")
  .action((account, amount, options) => creditsFund(account, amount, options, output()))
credits
  .command('show <account>')
  .description('what is on an account, held and free')
  .action((account) => creditsShow(account, output()))

program
  .command('submit <file>')
  .description('publish a work order to the intake topic')
  .option('--key <file>', "the agent's private JWK, for a file that is not signed")
  .option('--agent <id>', 'the agent, where the file names none')
  .option('--fresh', 'draw a new idempotency key: a new order each time')
  .option('--http', 'through the HTTP door instead of Kafka')
  .action((file, options) => submit(file, options, output()))

program
  .command('watch <id>')
  .description('follow a work order until its trail is sealed')
  .option('--timeout <seconds>', 'give up after', '120')
  .action((id, options) => watch(id, options, output()))

program
  .command('trail <id>')
  .description('fetch, verify and show the trail of a work order')
  .option('--out <file>', 'write the bundle there')
  .action((id, options) => trail(id, options, output()))

program
  .command('report <id>')
  .description('the pilot report: where a run stands, what is open, what can be done')
  .action((id) => report(id, output()))

/** The options of every act. */
function acting(command: Command): Command {
  return command
    .option('--key <file>', "the agent's private JWK: the act is the agent's, else an operator's")
    .option('--reason <text>', 'why; an operator says it')
    .option('--idempotency-key <key>', 'said again, it is the same act (default: drawn)')
    .option('--dry-run', 'say what it would do, and the credits that it takes')
}

acting(program.command('act <id> <act>'))
  .description('ask for an act on a run; the report lists what can be done')
  .option('--exception <id>', 'the ticket that it is about')
  .option('--until <time>', 'with request_evidence: until when (RFC 3339; default: seven days)')
  .action((id, name, options: ActOptions) => act(id, name, options, output()))

acting(program.command('evidence').description('evidence of runs').command('add <id> <file>'))
  .description('add items of open classes: a JSON file of class → item or list of items')
  .action((id, file, options: ActOptions) => evidenceAdd(id, file, options, output()))

acting(program.command('replay <id>'))
  .description('have the tool work again, with the evidence that was added')
  .action((id, options: ActOptions) => act(id, 'replay_from_checkpoint', options, output()))

acting(program.command('close <id>'))
  .description('end a run as it stands')
  .action((id, options: ActOptions) => act(id, 'close', options, output()))

program
  .command('verify <file>')
  .description('verify a bundle offline: exit 0 verifies, 1 does not, 2 cannot be read')
  .requiredOption('--keys <file>', 'keys.json of the deployment (required)')
  .option('--policy <file>', 'who must have cosigned the checkpoint besides')
  .action(async (file, options) => {
    process.exitCode = await verify(file, options, output())
  })

program
  .command('console')
  .description('the operator’s page: its address, with a link that signs in once')
  .action(() => showConsole(output()))

program
  .command('queue')
  .description('how many runs stand where, and which has waited longest')
  .action(() => queue(output()))

parkedCommands(program, output)

program
  .command('doctor')
  .description('what is up, and where')
  .option('--deep', 'compare Kafka, registry and MongoDB whole: reads all topics, changes nothing')
  .action(async (options) => {
    process.exitCode = await (options.deep ? doctorDeep(output()) : doctor(output()))
  })

program
  .command('backup <dir>')
  .description('copy data and keys of the stopped stack of this machine')
  .action((dir) => backup(dir, output()))

program
  .command('restore <dir>')
  .description('put a backup where no data is')
  .option('--to <home>', 'folder for data and keys (default: where this checkout keeps them)')
  .action((dir, options) => restore(dir, options, output()))

program
  .command('rebuild <service>')
  .description('make the documents of a stopped service again from the topics')
  .option('--beside', 'only build and compare, beside the running service')
  .action(async (name, options) => {
    process.exitCode = await rebuild(name, options, output())
  })

listCommands(program, agents, output)
batchCommands(program, output)
toolsCommands(program, output)
logCommands(program, output, untilStopped)

program
  .command('schemas')
  .description('deploy step: register all schemas and create all topics')
  .command('register')
  .option('--partitions <n>', 'partitions of every topic but the ledger', '4')
  .option('--replication <n>', 'replicas of every topic (default: 1 on one broker, else 3)')
  .action((options) => schemasRegister(options, output()))

program
  .command('topics')
  .description('topics of a deployment')
  .command('grow <partitions>')
  .description('give every topic as many partitions, but those whose order is what they are for')
  .action((partitions) => growTopics(partitions, output()))

program
  .command('acls')
  .description('who may write and read which topic at the broker')
  .option('--format <format>', 'table, kafka-acls or strimzi', 'table')
  .option('--service <service>', 'of this service (default: of all services and tools)')
  .option('--executor <tool>', 'of the executors of this tool')
  .option('--agent <id>', 'of this agent')
  .option('--cluster <name>', "name of Strimzi's Kafka resource", 'kafka')
  .option('--apply', 'grant it at the broker, as its administrator')
  .action((options) => acls(options, output()))

const keys = program.command('keys').description('keys of a deployment, and lists of them')
keys
  .command('make <dir>')
  .description(
    'make what is missing: keys of all services, the log key, secrets, passwords at the servers',
  )
  .option('--origin <origin>', "the log's name", 'prooftrail.local/log')
  .option('--agents <agents>', 'who get a user at the broker too, comma-separated')
  .action((dir, options) => keysMake(dir, options, output()))
keyListCommands(keys, output)
