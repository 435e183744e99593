import { fileURLToPath } from 'node:url'
import { describeCases, describeRules } from '@prooftrail/executor-sdk/testing'
import { describe, test } from 'vitest'
import { execute } from './execute.ts'
import { rules } from './rules.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
describeCases({ describe, test }, folder, execute)
describeRules({ describe, test }, folder, execute, rules)
