/** The operator's page: its files, its sessions, and what a browser asks that programs do not. */
import type { Access } from '@prooftrail/runtime'
import type { Express } from 'express'
import type { Tools } from '../state.ts'
import { forwardActs } from './forward-acts.ts'
import { servePage } from './page.ts'
import { mountSessions } from './sessions.ts'

export { makeSignInToken } from './sign-in-link.ts'

/**
 * Before the routes: who a session's cookie stands for. Behind them: the page itself.
 * @param mount the console's routes
 */
export function mountPage(
  app: Express,
  { access, config, useLink }: { access: Access } & Pick<Tools, 'config' | 'useLink'>,
  mount: () => void,
): void {
  const { sessionKey: secret, operatorToken, publicUrl, oidc } = config
  mountSessions(app, access, {
    ...{ publicUrl, useLink },
    ...(secret === undefined ? {} : { secret }),
    ...(operatorToken === undefined ? {} : { operatorToken }),
    ...(oidc === undefined ? {} : { oidc }),
  })
  forwardActs(app, access, config)
  mount()
  servePage(app)
}
