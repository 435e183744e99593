import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeSignInToken } from '@prooftrail/console'
import { home } from '../checkout.ts'
import { colour, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

/** Prints the page's address: with a link that signs in once, where this machine has the secret. */
export function showConsole(out: Output): void {
  const url = pageLink(serviceUrl('console'))
  out.document({ url })
  out.say(url)
  if (!url.includes('#')) {
    out.say(colour.dim('  sign in there: SESSION_KEY_FILE is not on this machine'))
  }
}

/**
 * The page's address, with a one-time token in the fragment, which no server and no log sees.
 * @param base of the console
 * @param keys the folder of the deployment's secrets
 */
export function pageLink(base: string, keys: string = join(home, 'keys')): string {
  const file = process.env.SESSION_KEY_FILE ?? join(keys, 'console-session.secret')
  if (!existsSync(file)) return `${base}/`
  const [secret = ''] = readFileSync(file, 'utf8').split('\n')
  return `${base}/#sign-in=${makeSignInToken(secret.trim(), Date.now())}`
}

/** The page of one run. */
export function runPage(base: string, id: string): string {
  return `${base}/runs/${id}`
}
