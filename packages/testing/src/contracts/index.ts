/** Well-formed objects, forbidden addresses, and a registry in memory. */
export {
  FORBIDDEN_ADDRESSES,
  FORBIDDEN_CALLBACKS,
  type ForbiddenCallback,
} from './callback-target-cases.ts'
export { type ExampleRun, exampleContract } from './contract.ts'
export { type FakeRegistry, startFakeRegistry } from './fake-registry.ts'
export { digest, ledgerEntry, resultContract, workOrder } from './sample.ts'
