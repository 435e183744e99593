/** What a person sees of a verification: which file is which, the checks in order, the chain. */
export { type Chain, type ChainLink, chainOf } from './chain.ts'
export { type Check, checksOf } from './checks.ts'
export { FILE_KINDS, type FileKind, kindOfFile } from './files.ts'
