import { relative } from 'node:path'
import type { Command } from 'commander'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { runSuite } from '../tools/check/suite.ts'
import {
  type Deployed,
  type DeployOptions,
  deployTool,
  pinTool,
  withdrawTool,
} from '../tools/deploy.ts'
import { runToolFolder } from '../tools/run.ts'
import { scaffold } from '../tools/scaffold.ts'
import { checkLine, toolTable } from '../tools/table.ts'
import { tryTool } from '../tools/try.ts'
import { viewTool, viewTools } from '../tools/view.ts'
import { trailTree, verdictLines } from '../trail-tree.ts'
import { keyLine } from './agents.ts'
import { directives } from './tool-directives.ts'
import { eventLine, reasonLines } from './watch.ts'

/** Adds `prooftrail tools …`: what a tool's team does with its folder, and what operators see of it. */
export function toolsCommands(program: Command, output: () => Output): void {
  const tools = program.command('tools').description('tools: make, check, deploy, run and see them')
  const key = [
    '--key <file>',
    "the tool's private JWK (default: one in the deployment's keys)",
  ] as const

  tools
    .command('new <name>')
    .description('write the folder of a new tool; it runs as it is')
    .option('--dir <dir>', 'the folder (default: the name)')
    .action((name, options) => toolsNew(name, options, output()))
  tools
    .command('check <dir>')
    .description('run the conformance suite on the running stack: exit 0 only if it passed')
    .option('--cases', 'manifest and cases only, without a stack')
    .option('--no-record', 'leave conformance.json as it is')
    .action(async (dir, options) => {
      process.exitCode = await toolsCheck(dir, options, output())
    })
  tools
    .command('deploy <dirs...>')
    .description('create command topic and schema, check, and announce')
    .option('--force', 'announce without a passed suite, visibly')
    .option('--topics-only', 'announce nothing: the executor does it itself')
    .option('--partitions <n>', 'partitions of the command topic', Number, 4)
    .option('--replication <n>', 'replicas (default: the cluster decides)', Number)
    .option(...key)
    .action((dirs, options) => toolsDeploy(dirs, options, output()))
  tools
    .command('run <dir>')
    .description('start the executor of a folder on the running stack')
    .option('--port <n>', 'of its probes and metrics (default: a free one)', Number, 0)
    .option(...key)
    .action((dir, options) => toolsRun(dir, options, output()))
  tools
    .command('try <dir>')
    .description("send the folder's order.json and verify its trail")
    .action((dir) => toolsTry(dir, output()))
  tools
    .command('list')
    .description('tools with their versions, live executors and what waits')
    .option('--all', 'with the versions that were withdrawn')
    .action((options) => toolsList(options, output()))
  tools
    .command('show <name>')
    .description('one tool, all of its versions')
    .action((name) => toolsShow(name, output()))
  directives(tools, output)
  tools
    .command('pin <name> <version>')
    .description('new orders take this version instead of the newest')
    .option('--off', 'back to the newest')
    .option(...key)
    .action(async (name, version, options) => {
      const known = await pinTool(name, version, options.key, options.off !== true)
      output().document({ tool: name, pinned: known.pinned, current: known.current })
      output().say(`${mark('ok')} new orders of ${colour.bold(name)} take ${known.current}`)
    })
  tools
    .command('withdraw <name> <version>')
    .description('take a version out of service; its orders in flight go on')
    .option(...key)
    .action(async (name, version, options) => {
      const known = await withdrawTool(name, version, options.key)
      output().document({ tool: name, withdrawn: version, current: known.current })
      const rest = known.current ? `new orders take ${known.current}` : 'new orders are refused'
      output().say(`${mark('ok')} ${colour.bold(name)} ${version} is withdrawn; ${rest}`)
    })
}

function toolsNew(name: string, options: { dir?: string }, out: Output): void {
  const { folder, files } = scaffold(name, options.dir)
  out.document({ tool: name, folder, files })
  out.say(`${mark('ok')} ${colour.bold(name)} is in ${folder}`)
  for (const file of files) out.say(`  ${file}`)
  out.say(
    colour.dim(`  next: cd ${relative(process.cwd(), folder) || '.'} && npm test (see README.md)`),
  )
}

interface CheckOptions {
  cases?: boolean
  record: boolean
}

async function toolsCheck(dir: string, options: CheckOptions, out: Output): Promise<number> {
  const { cases: casesOnly = false, record } = options
  const result = await runSuite(dir, { casesOnly, record }, (line) => out.say(checkLine(line)))
  out.document(result)
  const what = `${result.tool || dir} ${result.version}`.trimEnd()
  out.say(
    result.passed
      ? `${mark('ok')} ${colour.bold(what)} passed`
      : `${mark('no')} ${colour.bold(what)} did not pass`,
  )
  return result.passed ? 0 : 1
}

/** One after the other; of several the document is their list. */
async function toolsDeploy(
  dirs: readonly string[],
  options: DeployOptions,
  out: Output,
): Promise<void> {
  const all: Deployed[] = []
  for (const dir of dirs) {
    const deployed = await deployTool(dir, options, (line) => out.say(checkLine(line)))
    all.push(deployed)
    out.say(deployedLine(deployed))
  }
  out.document(all.length === 1 ? all[0] : all)
}

function deployedLine({ tool, version, announced }: Deployed): string {
  const how =
    announced === 'checked'
      ? 'is announced: it passed its conformance suite'
      : announced === 'forced'
        ? `is announced ${colour.yellow('by force, unchecked')}; everybody sees that`
        : 'has its command topic and schema; nothing is announced'
  return `${mark(announced === 'forced' ? 'part' : 'ok')} ${colour.bold(`${tool} ${version}`)} ${how}`
}

async function toolsRun(
  dir: string,
  options: { key?: string; port: number },
  out: Output,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await runToolFolder(
    dir,
    options,
    (url, what) => {
      out.document({ ...what, url, pid: process.pid })
      out.say(`${mark('ok')} ${colour.bold(`${what.tool} ${what.version}`)} takes commands; ${url}`)
      out.say(colour.dim('  Ctrl-C stops it: what it has in hand is run again by the next process'))
    },
    stopped,
  )
}

async function toolsTry(dir: string, out: Output): Promise<void> {
  let first: string | undefined
  const { work_order_id, task, verdict } = await tryTool(dir, (event) => {
    first ??= event.at
    out.say(eventLine(event, Date.parse(first)))
  })
  out.document({ work_order_id, task, verdict })
  for (const line of reasonLines(task)) out.say(line)
  for (const line of trailTree(verdict)) out.say(line)
  for (const line of verdictLines(verdict)) out.say(line)
  if (!verdict.ok) throw new CommandError('PT-8007', 'the trail does not verify')
  if (task.verdict === 'refused') {
    throw new CommandError('PT-8016', `${work_order_id} was refused: mend order.json`)
  }
}

async function toolsList(options: { all?: boolean }, out: Output): Promise<void> {
  const views = await viewTools(options.all === true)
  out.document({ tools: views })
  out.say(views.length > 0 ? toolTable(views, Date.now()) : 'No tool is registered.')
}

async function toolsShow(name: string, out: Output): Promise<void> {
  const view = await viewTool(name)
  out.document(view)
  out.say(toolTable([view], Date.now()))
  for (const key of view.keys) out.say(`  key  ${keyLine(key)}`)
  if (view.retired_at) out.say(`  ${mark('no')} retired ${view.retired_at}: it takes no new orders`)
  if (!view.deployed)
    out.say(`  ${mark('no')} its command topic is not deployed: prooftrail tools deploy`)
}
