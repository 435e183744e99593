// @ts-check
// What an image holds, as CycloneDX JSON: `node deploy/image/sbom.js ALL NAME > FILE` in its root. ALL is the
// list of the whole repository (`npm sbom --sbom-format cyclonedx --package-lock-only`), of which
// what is installed here stays; NAME is what the image is of.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [, , file = '', name = ''] = process.argv
const all = JSON.parse(readFileSync(file, 'utf8'))
const installed = new Set(installedBelow('.'))
const workspaces = ['packages', 'services', 'services/executors', 'services/console']
for (const group of workspaces.filter((one) => existsSync(one))) {
  for (const folder of readdirSync(group)) {
    for (const one of installedBelow(join(group, folder))) installed.add(one)
  }
}

/** @param {{ name: string, version: string }} component */
const isHere = (component) => installed.delete(`${component.name}@${component.version}`)
const components = all.components.filter(isHere)
if (installed.size > 0) throw new Error(`not in ${file}: ${[...installed].join(', ')}`)
const refs = new Set(components.map((/** @type {{ 'bom-ref': string }} */ one) => one['bom-ref']))
const dependencies = all.dependencies
  .filter((/** @type {{ ref: string }} */ one) => refs.has(one.ref))
  .map((/** @type {{ ref: string, dependsOn: string[] }} */ one) => ({
    ...one,
    dependsOn: one.dependsOn.filter((ref) => refs.has(ref)),
  }))
const { version } = all.metadata.component
const component = { ...all.metadata.component, name, 'bom-ref': `${name}@${version}` }
delete component.purl
const list = { ...all, metadata: { ...all.metadata, component }, components, dependencies }
process.stdout.write(`${JSON.stringify(list, null, 2)}\n`)

/**
 * Packages of others in a folder's node_modules, as `name@version`; a link is a workspace.
 * @param {string} folder
 * @returns {string[]}
 */
function installedBelow(folder) {
  const modules = join(folder, 'node_modules')
  if (!existsSync(modules)) return []
  return readdirSync(modules, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith('.')) return []
    const paths = entry.name.startsWith('@')
      ? readdirSync(join(modules, entry.name), { withFileTypes: true })
          .filter((one) => one.isDirectory())
          .map((one) => join(modules, entry.name, one.name))
      : [join(modules, entry.name)]
    return paths.flatMap((path) => {
      const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
      return [`${name}@${version}`, ...installedBelow(path)]
    })
  })
}
