import type { CodeTable } from '@prooftrail/contracts'

/** Every code that intake answers with: parked messages, reasons of a rejection, doors. */
export const codes = {
  'PT-1001': {
    title: 'The message key is not the id inside',
    meaning: 'A message on an intake topic has another key than the id that its value names.',
    action: 'Send it again with the work order, agent or tool id as the message key.',
  },
  'PT-1002': {
    title: 'The work order id is not the derived one',
    http: 400,
    meaning: 'work_order_id is not derived from agent_id and idempotency_key.',
    action: 'Derive the id as the wire format says and sign the order again.',
  },
  'PT-1003': {
    title: 'The agent is not registered',
    http: 403,
    meaning: 'No registration of the agent arrived within 30 seconds of its order.',
    action: 'Register the agent, then send the order again.',
  },
  'PT-1004': {
    title: 'The key is not one of the agent',
    http: 403,
    meaning: 'key_id names no key that is registered for the agent of the order.',
    action: 'Sign with a registered key, or register this one for the agent.',
  },
  'PT-1005': {
    title: 'The signature does not verify',
    http: 403,
    meaning: 'The signature is not that of the named key over the statement about this order.',
    action: 'Sign the statement of the wire format; an order is never changed after signing.',
  },
  'PT-1006': {
    title: 'The key does not count at this time',
    http: 403,
    meaning: 'issued_at is outside the validity of the key, or the key had expired on arrival.',
    action: 'Sign with a key that is valid now and set issued_at to the time of signing.',
  },
  'PT-1007': {
    title: 'A work order follows nothing',
    http: 400,
    meaning: 'The member after of the order is not the empty list.',
    action: 'Sign the order with after = [].',
  },
  'PT-1008': {
    title: 'The same idempotency key with another body',
    http: 409,
    meaning:
      'The work order id belongs to another order of the agent; first_digest names that one.',
    action: 'Use a fresh idempotency key for a new order, or send the first one unchanged.',
  },
  'PT-1009': {
    title: 'The order is too large',
    http: 413,
    meaning: 'The order has more than 1.5 MB as JSON.',
    action: 'Reference evidence by address and digest instead of embedding it.',
  },
  'PT-1010': {
    title: 'Not a signed work order',
    http: 400,
    meaning:
      'The body is not JSON in the strict sense, or not exactly object, after, key_id, signature.',
    action: 'Send the signed link as the wire format says; the detail names every fault.',
  },
  'PT-1011': {
    title: 'The order holds an id of another trail',
    http: 400,
    meaning: 'A member with the name of a trail id holds something else than an id of this trail.',
    action: 'Put ids from elsewhere under evidence, or under another name such as reference.',
  },
  'PT-1012': {
    title: 'Issued in the future',
    http: 403,
    meaning: 'issued_at is more than five minutes after the arrival of the order.',
    action: 'Set the clock of the agent and sign a new order.',
  },
  'PT-1013': {
    title: 'The order cannot head a trail',
    http: 400,
    meaning:
      'object_type is not work_order, the idempotency key, tool, capability or mode is empty or longer than 200 characters, or it nests deeper than 62 levels.',
    action: 'Correct the members named in the detail and sign a new order.',
  },
  'PT-1020': {
    title: 'The order is malformed',
    http: 400,
    meaning: 'A member of the order is missing, unknown, or outside its closed list.',
    action: 'Correct the members named in the detail and send a new order.',
  },
  'PT-1021': {
    title: 'Unknown schema version',
    http: 400,
    meaning: 'schema_version is none that intake knows.',
    action: 'Use prooftrail-work-order/v1.',
  },
  'PT-1022': {
    title: 'The tool is not registered',
    meaning: 'No registration of requested_tool arrived within 30 seconds of the order.',
    action: 'Ask for a registered tool, or start its executor, which announces it.',
  },
  'PT-1023': {
    title: 'The tool is out of service',
    meaning: 'Every version of requested_tool is withdrawn.',
    action: 'Wait for its team to announce a new version.',
  },
  'PT-1024': {
    title: 'The agent may not use the tool',
    meaning: 'The registration of the agent names its tools, and requested_tool is none of them.',
    action: 'Register the agent again with the tool in its list.',
  },
  'PT-1025': {
    title: 'The tool has no such capability',
    meaning: 'requested_capability is not in the manifest of the tool.',
    action: 'Ask for one of the capabilities named in the detail.',
  },
  'PT-1026': {
    title: 'Evidence is malformed',
    meaning: 'An evidence item does not have the form that the manifest asks for.',
    action: 'Correct the items named in the detail.',
  },
  'PT-1027': {
    title: 'Unknown evidence class',
    meaning: 'The evidence has a class that the manifest of the tool does not name.',
    action: 'Leave it out, or use one of the classes named in the detail.',
  },
  'PT-1028': {
    title: 'None of the required evidence',
    meaning: 'Not one of the evidence classes that the tool requires has an item.',
    action: 'Add evidence of the classes named in the detail.',
  },
  'PT-1029': {
    title: 'The callback address is refused',
    meaning:
      'callback_url is not https to a public address on an allowed port, without credentials.',
    action: 'Give a public https address, or have its network allowed.',
  },
  'PT-1030': {
    title: 'Callback address and policy disagree',
    meaning:
      'callback_url is missing although a callback is asked for, or given with polling only.',
    action: 'Give callback_url exactly when callback_policy is not status_polling_only.',
  },
  'PT-1031': {
    title: 'Other proof than the tool gives',
    meaning: 'proof_requirements is not the proof trail of the tool, name by name in its order.',
    action: 'Leave it out, or give the proof trail named in the detail.',
  },
  'PT-1032': {
    title: 'The order is expired, or never ends',
    meaning:
      'expires_at is not after issued_at, had passed when the order arrived, or is further ahead than the deployment allows (31 days unless INTAKE_MAX_ORDER_DAYS says otherwise).',
    action: 'Send a new order with an expires_at between these.',
  },
  'PT-1034': {
    title: 'The price is above max_credits',
    meaning: 'The tool’s price is more than the order says that its agent pays.',
    action:
      'Look at the price (GET /v1/tools/<tool>) and send a new order with a higher max_credits, or none.',
  },
  'PT-1033': {
    title: 'The workflow context does not fit the tool',
    meaning: 'workflow_context does not have the form of the input schema in the manifest.',
    action: 'Correct the members named in the detail.',
  },
  'PT-1035': {
    title: 'The tool is retired',
    meaning: 'An operator retired requested_tool: it takes no new orders; open ones go on.',
    action: 'Ask for another tool.',
  },
  'PT-1041': {
    title: 'The announcement of the tool is not signed by its key',
    meaning: 'The signature is not that of the named key over all other members.',
    action: 'Sign the announcement as the wire format says.',
  },
  'PT-1042': {
    title: 'The name of the tool belongs to another key',
    meaning: 'The announcement is signed by a key that is none of those registered for the name.',
    action:
      'Sign with a registered key of the tool; one that is registered may name the next (`next_key`), and an operator registers any (`prooftrail tools register`). Or choose another name.',
  },
  'PT-1043': {
    title: 'The manifest has faults',
    meaning: 'The manifest is not what a tool manifest must be; the detail names each fault.',
    action: 'Correct them and announce again.',
  },
  'PT-1044': {
    title: 'The version exists with another manifest',
    meaning: 'A registered version never changes; first_digest names its manifest.',
    action: 'Announce the changed manifest under a new version.',
  },
  'PT-1045': {
    title: 'No such version',
    meaning:
      'The announcement withdraws or pins a version that is not registered, or pins one that is withdrawn.',
    action: 'Name a registered version that is in service.',
  },
  'PT-1046': {
    title: 'The key of the tool does not count',
    meaning:
      'The key is no Ed25519 key, its kid is not its thumbprint, it is expired, or an operator revoked it.',
    action: 'Announce with a valid key.',
  },
  'PT-1047': {
    title: 'The tool is too large',
    meaning:
      'All versions of the tool together have more than 3 MiB as JSON, more than 4 of its keys would count at a time, or it would have more than 32 keys.',
    action: 'Let a key expire, or have it revoked, before the next; else go on under a new name.',
  },
  'PT-1048': {
    title: 'The key belongs to another party',
    http: 409,
    meaning:
      'A key belongs to one agent, tool or service only; this one is registered for another.',
    action: 'Make a key pair of its own for each agent and tool.',
  },
  'PT-1049': {
    title: 'Not newer than the last word',
    meaning:
      'The announcement, or directive, is not later than the last one that changed something: an old one, said again. It changes nothing and is counted.',
    action: 'Nothing, if it was said before; else set the clock of its sender and say it again.',
  },
  'PT-1052': {
    title: 'Nobody shows that the agent holds the key',
    http: 400,
    meaning:
      'The registration names a key that is new for the agent without `proof`, or with one that is not the signature of this key for this agent.',
    action:
      'Have the agent make one: `prooftrail agents prove ID --key FILE`, or `proveKey` of the SDK.',
  },
  'PT-1053': {
    title: 'No operator registered the tool',
    meaning:
      'The deployment takes a new tool only with a name and a key that an operator registered (TOOL_REGISTRATION=operator).',
    action:
      "Have an admin run `prooftrail tools register NAME --key FILE` with the tool's public key, then announce again.",
  },
  'PT-1054': {
    title: 'Announced ahead of its time',
    meaning: 'announced_at is no time, or more than five minutes after the arrival.',
    action: 'Set the clock of the sender and announce again.',
  },
  'PT-1055': {
    title: 'The account belongs to another agent',
    http: 409,
    meaning: 'An account belongs to the agent that was registered with it: no other charges it.',
    action: "Leave `account` out, so that it is the agent's own, or name another.",
  },
  'PT-1056': {
    title: 'No room for another tool',
    meaning: 'The deployment has as many tools as it lists: 1,000.',
    action: 'Use a name that is registered, or another deployment.',
  },
  'PT-1057': {
    title: "Not said by intake's door",
    meaning:
      "A message on a topic that intake's doors write has no signature of a key of intake. It is parked and changes nothing.",
    action: 'Find out who else can write the topic; register through the door.',
  },
  'PT-1058': {
    title: 'No such key',
    http: 404,
    meaning: 'The key that is to be revoked is none of those registered for the agent or tool.',
    action: 'Compare the kid with `prooftrail tools show` or `agents show`.',
  },
  'PT-1059': {
    title: 'The request about a tool or key has faults',
    http: 400,
    meaning: 'A member is missing, unknown or malformed; the detail names each one.',
    action: 'Correct them and send the request again.',
  },
  'PT-1050': {
    title: 'The registration of the agent has faults',
    http: 400,
    meaning: 'Agent id, key, account or tools are not of the form; the detail names each fault.',
    action: 'Correct them and register again.',
  },
  'PT-1051': {
    title: 'A private key was sent',
    http: 400,
    meaning: 'The JWK has the private member d. Nothing of the request was kept.',
    action: 'Treat the key as lost: make a new pair and send its public half.',
  },
  'PT-1060': {
    title: 'A tool announces too much at once',
    meaning:
      'Announcements of the tool changed it 60 times within a minute, or 8 MiB of registrations came of them. This one is parked and changes nothing; what only says again what is registered is never refused for it.',
    action: 'Announce it anew after a minute: a later word than the parked one may count by then.',
  },
  'PT-1061': {
    title: 'Not known here',
    http: 404,
    meaning: 'Intake has decided nothing under this id, or holds no such agent or tool.',
    action: 'Check the id; what was just sent may take a moment.',
  },
  'PT-1062': {
    title: 'Too many orders wait',
    http: 429,
    meaning:
      'Orders that have arrived already keep intake busy for longer than the door lets others join them.',
    action: 'Send it again, unchanged, after the seconds in Retry-After.',
  },
  'PT-1064': {
    title: 'The quota of the agent is used up',
    http: 429,
    meaning:
      'The agent has had as many orders or bytes in this minute as the deployment allows one agent, or as many of its orders wait.',
    action: 'Send it again, unchanged, after the seconds in Retry-After.',
  },
  'PT-1065': {
    title: 'Too many orders of the agent wait',
    meaning:
      'As many orders of this agent wait for their turn as the deployment keeps of one agent. The order claims nothing.',
    action: 'Send it again, unchanged, when those before it are taken; or raise the quota.',
  },
  'PT-1066': {
    title: 'Too many orders of the agent wait for credits',
    http: 429,
    meaning:
      'As many accepted orders of this agent wait for credits as the deployment allows one agent. The order claims nothing.',
    action:
      'Fund the account; send the order again, unchanged, when those before it have their credits.',
  },
  'PT-1063': {
    title: 'The signature of the request does not count',
    http: 401,
    meaning:
      "The request carries a signature (RFC 9421) that is not of the door's shape, more than five minutes from now, or not that of a key of the order's agent.",
    action: 'Sign the request anew, or send it without a signature: then the answer has no handle.',
  },
} as const satisfies CodeTable

/** A code of intake. */
export type IntakeCode = keyof typeof codes

/** A code with its words: what a door answers, a refusal carries, a rejection lists. */
export interface Fault {
  code: IntakeCode
  detail: string
}
