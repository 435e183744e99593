export { type Addresses, type Body, buildBody, MAX_BODY_BYTES } from './body.ts'
export { type CallbackCode, codes } from './codes.ts'
export { type CallbackConfig, readConfig } from './config.ts'
export { decide } from './decide.ts'
export { type Deliver, type DeliverOptions, makeDeliver, type Outcome } from './deliver.ts'
export { due, evolve, initial } from './evolve.ts'
export { GAPS_MS, MAX_ATTEMPTS, nextAttemptAt, parseRetryAfter } from './schedule.ts'
export { type CallbackOptions, makeCallback, start } from './service.ts'
export {
  agentSecret,
  callbackHeaders,
  type Secrets,
  secretVersion,
  signingSecrets,
  webhookPublicKey,
} from './sign.ts'
export type { Context, Delivery, Event, Input, State } from './state.ts'
