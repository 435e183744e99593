import { runMain } from '@prooftrail/runtime'
import { readAttestationConfig } from './config.ts'
import { startAttestation } from './service.ts'

await runMain('attestation', readAttestationConfig, startAttestation)
