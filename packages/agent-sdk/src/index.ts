export { type ActDraft, actBody, signAct } from './act.ts'
export {
  type CheckedCallback,
  checkCallback,
  type EvidenceRequest,
  type ExpiryNotice,
  type ReceivedCallback,
} from './callback.ts'
export { type FollowOptions, followTask, type TaskEvent, type TaskView } from './follow.ts'
export { type AgentKeys, makeAgentKeys } from './keys.ts'
export { makeWorkOrder, type OrderRequest, signWorkOrder } from './order.ts'
export { type PostAnswer, type PostOptions, postOrder } from './post.ts'
export { type OrderPublisher, openPublisher, type PublisherOptions } from './publish.ts'
