// @ts-check
// Makes a tree that was built, and has the production dependencies of one workspace, into what an
// image of it holds: `node deploy/image/prepare.js services/intake`, in the root; '' is the whole product,
// entered by its command line. Packages that it does not lead to go, so do sources; what is left is entered by `node /app/entry.js`.
import { existsSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const root = realpathSync('.')
const [, , workspace = ''] = process.argv
const isCli = workspace === 'packages/cli' || workspace === ''
if (!existsSync(join(workspace, 'package.json'))) throw new Error(`${workspace} is no workspace`)

/** Where npm linked the workspaces that this one needs, itself among them. */
const scope = join('node_modules', '@prooftrail')
const needed = new Set(
  readdirSync(scope)
    .map((name) => relative(root, realpathSync(join(scope, name))))
    .concat(workspace),
)

for (const group of ['packages', 'services', 'services/executors']) {
  for (const name of readdirSync(group)) {
    const folder = `${group}/${name}`
    // the command line makes the topics of the repository's tools
    const isKept = folder === 'services/executors' || (isCli && group === 'services/executors')
    if (isKept) continue
    if (!needed.has(folder)) rmSync(folder, { recursive: true })
    // the record that a tool passed its checks is of its whole folder
    else if (group !== 'services/executors')
      rmSync(join(folder, 'src'), { recursive: true, force: true })
  }
}

const entries = {
  tool: 'packages/executor-sdk/bin/prooftrail-executor.js',
  cli: 'packages/cli/bin/prooftrail.js',
  service: 'packages/runtime/dist/bin.js',
}
const isTool = existsSync(join(workspace, 'manifest.json'))
const entry = entries[isTool ? 'tool' : isCli ? 'cli' : 'service']
if (!existsSync(entry)) throw new Error(`${entry} was not built`)
writeFileSync('entry.js', `import './${entry}'\n`)
