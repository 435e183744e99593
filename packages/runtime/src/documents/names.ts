/** Ids of documents that are no work order's: a work order's id holds no slash. */

/** Document id of an agent. */
export function agentDocument(agentId: string): string {
  return `agent/${agentId}`
}

/** Document id of a tool. */
export function toolDocument(tool: string): string {
  return `tool/${tool}`
}
