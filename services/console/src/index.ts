export { codes } from './codes.ts'
export { type ConsoleConfig, readConsoleConfig } from './config.ts'
export { startConsole } from './service.ts'
export type { RunEvent, RunState } from './state.ts'
