/** Stage 1: who may ask for what. */
export { codes } from './codes.ts'
export { type IntakeConfig, readConfig } from './config.ts'
export { rebuild } from './rebuild.ts'
export { intake, start } from './service.ts'
