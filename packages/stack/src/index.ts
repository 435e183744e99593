export {
  type KafkaAddress,
  type MongoAddress,
  type MongoKind,
  type RegistryAddress,
  readAddresses,
  type SaslMechanism,
  type StackAddresses,
} from './addresses.ts'
export { embeddedKafkas } from './embedded/artefacts.ts'
export {
  type BackupFile,
  type BackupPlaces,
  type BackupRecord,
  backUp,
  restoreBackup,
} from './embedded/backup.ts'
export type { BrokerUsers } from './embedded/broker-users.ts'
export type { Server } from './embedded/server.ts'
export { type EmbeddedStack, type StackParts, startEmbedded } from './embedded/start.ts'
export type { OnProgress, Progress } from './progress.ts'
export { StackError, type StackErrorCode } from './stack-error.ts'
export {
  findRunningStack,
  type Stack,
  type StackOptions,
  type StackSource,
  startStack,
} from './start-stack.ts'
