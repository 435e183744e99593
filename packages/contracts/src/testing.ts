/** Data that tests of other packages share. */
export {
  FORBIDDEN_ADDRESSES,
  FORBIDDEN_CALLBACKS,
  type ForbiddenCallback,
} from './callback-target-cases.ts'
