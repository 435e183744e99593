export { type Addresses, type Body, buildBody, MAX_BODY_BYTES } from './body.ts'
export { type CallbackCode, codes } from './codes.ts'
export { type CallbackConfig, readConfig } from './config.ts'
export { type Deliver, type DeliverOptions, makeDeliver, type Outcome } from './deliver.ts'
export { due, evolve, initial } from './evolve.ts'
export { metrics } from './metric-table.ts'
export { rebuild } from './rebuild.ts'
export { GAPS_MS, MAX_ATTEMPTS, nextAttemptAt, parseRetryAfter } from './schedule.ts'
export { callback, start } from './service.ts'
export {
  agentSecret,
  callbackHeaders,
  type Secrets,
  secretVersion,
  signingSecrets,
  webhookPublicKey,
} from './sign.ts'
export type { CallbackEvent, CallbackInput, Context, Delivery, State } from './state.ts'
