export { bundleOf } from './bundle.ts'
export { codes } from './codes.ts'
export { type AttestationConfig, readConfig } from './config.ts'
export {
  type Folder,
  type LogReader,
  type LogStore,
  makeLogReader,
  openFolder,
  openLogStore,
} from './log/index.ts'
export { metrics } from './metric-table.ts'
export { rebuild } from './rebuild.ts'
export { attestation, start } from './service.ts'
export type { State as AttestationState } from './state.ts'
