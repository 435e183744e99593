export { codes } from './codes.ts'
export { type DispatchConfig, readConfig } from './config.ts'
export { dispatch, start } from './service.ts'
export type { DispatchEvent, DispatchInput, State } from './state.ts'
