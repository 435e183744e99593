// @ts-check
// What a package that is published needs and the repository does not keep in it: what was built, and
// the licence. `npm pack` and `npm publish` run it in the package's folder.
import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
execFileSync(fileURLToPath(new URL('node_modules/.bin/tsc', root)), ['-b'], { stdio: 'inherit' })
copyFileSync(new URL('LICENSE', root), 'LICENSE')
