import { publicJwk, thumbprint } from '@prooftrail/trail'
import type { Command } from 'commander'
import { readJsonFile } from '../files.ts'
import { colour, mark, type Output } from '../output.ts'
import { rotateKey } from '../tools/deploy.ts'
import { privateJwk } from '../tools/keys.ts'
import { directTool } from '../tools/registry.ts'

/** Adds what is said of a tool's keys: by an admin `register`, `revoke`, `retire`; by its team `rotate`. */
export function directives(tools: Command, output: () => Output): void {
  tools
    .command('register <name>')
    .description("an admin's: the name belongs to this key; again with another key: to both")
    .requiredOption(
      '--key <file>',
      "the tool's public JWK, or its private one: the public half is sent",
    )
    .action((name, options) => toolsRegister(name, options.key, output()))
  tools
    .command('rotate <name> <version>')
    .description("the team's: a registered key names the next one; both count until one is revoked")
    .requiredOption(
      '--next-key <file>',
      'the private JWK of the next key; made where it is not there',
    )
    .option('--key <file>', "a registered private JWK (default: one in the deployment's keys)")
    .action(async (name, version, options) => {
      const next = privateJwk(options.nextKey, true)
      const known = await rotateKey(name, version, options.key, next)
      output().document({ tool: name, keys: known.keys })
      output().say(`${mark('ok')} ${thumbprint(next)} speaks for ${colour.bold(name)} too`)
    })
  tools
    .command('revoke <name>')
    .description("an admin's: a key ends; what it signs or sends from here on counts for nothing")
    .requiredOption('--key-id <kid>', 'the key')
    .requiredOption('--reason <text>', 'why, for all to read')
    .action(async (name, { keyId, reason }) => {
      const said = { key_id: keyId, reason }
      const known = await directTool(name, `/${name}/revoke`, said, ({ keys }) =>
        keys.some(({ kid, revoked_at }) => kid === keyId && revoked_at !== undefined),
      )
      output().document({ tool: name, keys: known.keys })
      output().say(`${mark('ok')} ${colour.bold(keyId)} of ${name} is revoked`)
    })
  tools
    .command('retire <name>')
    .description("an admin's: the tool takes no new orders; open ones go on, the name stays taken")
    .option('--off', 'back in service')
    .option('--reason <text>', 'why')
    .action(async (name, { off, reason }) => {
      const retired = off !== true
      const said = { retired, ...(reason === undefined ? {} : { reason }) }
      const known = await directTool(
        name,
        `/${name}/retire`,
        said,
        ({ retired_at }) => (retired_at !== undefined) === retired,
      )
      output().document({ tool: name, retired_at: known.retired_at })
      const now = retired ? 'takes no new orders; open ones go on' : 'takes orders again'
      output().say(`${mark('ok')} ${colour.bold(name)} ${now}`)
    })
}

async function toolsRegister(name: string, file: string, out: Output): Promise<void> {
  const jwk = readJsonFile(file)
  // only the public half leaves this machine
  const public_key = publicJwk(Object(jwk))
  const kid = thumbprint(public_key)
  const said = { tool: name, public_key }
  const known = await directTool(name, '', said, ({ keys }) => keys.some((key) => key.kid === kid))
  out.document({ tool: name, keys: known.keys })
  out.say(`${mark('ok')} ${colour.bold(name)} belongs to ${kid}; its team may announce it`)
}
