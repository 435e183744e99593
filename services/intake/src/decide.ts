/** What intake decides, one function per input. Pure: the same input and context give the same bytes. */
export { onAgentAnnounced } from './decide-agent.ts'
export { onWorkOrderSubmitted } from './decide-order.ts'
export { onToolAnnounced } from './decide-tool.ts'
export { onToolDirected } from './direct-tool.ts'
