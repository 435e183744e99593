import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { checkManifest, TOOL_NAME } from '@prooftrail/contracts'
import { checkout } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { manifestFor, scaffoldFiles } from './scaffold-files.ts'

/**
 * Writes the folder of a new tool; it runs as it is.
 * @param dir default: a folder of the tool's name in the working directory
 * @returns the folder and the files in it
 * @throws CommandError PT-8012 for a name that is none, or a folder that holds something
 */
export function scaffold(tool: string, dir: string = tool): { folder: string; files: string[] } {
  const folder = resolve(dir)
  if (!TOOL_NAME.test(tool) || checkManifest(manifestFor(tool)).length > 0) {
    throw new CommandError(
      'PT-8012',
      `'${tool}' is no name of a tool: 2 to 41 of a-z, 0-9, _ and -, a letter first`,
      2,
    )
  }
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CommandError('PT-8012', `${folder} is not empty`, 2)
  }
  const command = `node ${JSON.stringify(join(checkout, 'packages/cli/bin/prooftrail.js'))}`
  const files = scaffoldFiles(tool, command)
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return { folder, files: [...files.keys()] }
}
