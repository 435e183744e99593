export { deploySchemas, findWorld, startWorld, type World, type WorldOptions } from './world.ts'
