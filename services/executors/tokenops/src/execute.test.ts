import { fileURLToPath } from 'node:url'
import { describeCases } from '@prooftrail/executor-sdk/testing'
import { describe, test } from 'vitest'
import { execute } from './execute.ts'

describeCases({ describe, test }, fileURLToPath(new URL('..', import.meta.url)), execute)
