// Runs TypeScript sources of the checkout as they are: no build comes before the first command.
import { register } from 'node:module'
import { register as transform } from 'tsx/esm/api'

transform()
register('./conditions.js', import.meta.url)
