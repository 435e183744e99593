export { whoMayWrite } from './acls/who-may-write.ts'
export { keysMake } from './commands/deploy.ts'
export { deploySchemas } from './deploy-schemas.ts'
export { findWorld, startWorld, type World, type WorldOptions } from './world.ts'
