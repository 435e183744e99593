/** Codes are interface: a code's meaning never changes, and every code has an entry in docs/errors.md. */

/**
 * A numbered code: PT-1nnn intake, 2nnn dispatch, 3nnn executor, 4nnn receipt, 5nnn callback,
 * 6nnn attestation, 7nnn console, 8nnn doors and command line, 9nnn anywhere.
 */
export type Code = `PT-${number}`

/** What the page of codes says about one. */
export interface CodeEntry {
  /** What happened, in a few words. */
  readonly title: string
  /** The status at an HTTP door, where one answers with it. */
  readonly http?: number
  /** When it happens, and what it leaves behind. */
  readonly meaning: string
  /** What whoever sees it can do. */
  readonly action: string
}

/** The codes of one package or service. */
export type CodeTable = Readonly<Record<Code, CodeEntry>>

/** The codes that anybody may answer with. */
export const codes = {
  'PT-9001': {
    title: 'Bad frame',
    meaning: 'A message does not begin with 0x00 and a schema id of four bytes. It is parked.',
    action: 'Frame values as the wire format says (section 1) and send again.',
  },
  'PT-9002': {
    title: 'Unknown schema id',
    meaning:
      'The registry says that it has no schema of the id in the frame. The message is parked.',
    action: 'Register the schema under the topic’s subject, then send the parked message again.',
  },
  'PT-9003': {
    title: 'Not the topic’s schema',
    meaning:
      'The schema of the frame’s id is another record than the topic’s. The message is parked.',
    action: 'Encode with the schema of the subject <topic>-value.',
  },
  'PT-9004': {
    title: 'Bytes that do not decode',
    meaning:
      'The value is no value of its schema: truncated, followed by bytes, counts beyond the bytes, text that is not UTF-8, an integer that is not safe or takes more bytes than it needs, a json member that is not in canonical form. It is parked.',
    action: 'Correct the producer and send again.',
  },
  'PT-9010': {
    title: 'A value that its schema does not hold',
    http: 400,
    meaning:
      'A value to be published has null, undeclared, missing or undefined members, wrong types, unsafe integers or lone surrogates; every path is named. Nothing was published.',
    action: 'Correct each path. From a service of this product it is a defect: report it.',
  },
  'PT-9011': {
    title: 'The registry does not hold this schema',
    meaning:
      'A subject has no version that equals the schema of this release. The service does not start.',
    action: 'Run the deploy step that registers schemas, with this release.',
  },
  'PT-9012': {
    title: 'The schema id is not known yet',
    meaning:
      'A topic is written before its schema id was looked up. The look-up started; the write is tried again.',
    action:
      'None, unless it stays: then see whether the registry answers and holds the tool’s subject.',
  },
  'PT-9013': {
    title: 'Not the form of its object',
    http: 400,
    meaning: 'A member is missing, undeclared, of another type, or outside its closed list.',
    action: 'Correct each path that is named; schemas/http/ holds the form.',
  },
  'PT-9014': {
    title: 'Members of an object contradict each other',
    http: 400,
    meaning:
      'Each member is well-formed, but a rule over several of them is broken; the detail names it.',
    action: 'Correct the members that the detail names (wire format, section 5).',
  },
  'PT-9015': {
    title: 'A schema id that was not looked up',
    meaning:
      'More ids that nobody had met came on the topic than the registry is asked about, and the topic’s subject did not hold this one a second before. The message is parked. Nothing is known about it.',
    action:
      'Find out who sends unknown schema ids. If the message is good, send it again as it was: its schema is looked up then.',
  },
  'PT-9016': {
    title: 'More lists and objects than its bytes may hold',
    meaning:
      'A message would take many times its bytes in memory: it holds more than 64 records, and one more for each 8 bytes; or a json member holds more than 64 lists and objects, and one more for each 8 bytes of it. It is parked.',
    action: 'Leave out empty lists and objects, and put values that belong together into one.',
  },
  'PT-9017': {
    title: 'A message at an impossible time',
    meaning:
      'Its append time is none that can be said: its topic lets producers set it (PT-9022). It is parked.',
    action:
      'Set message.timestamp.type=LogAppendTime on the topic, then send the message again as it was.',
  },
  'PT-9020': {
    title: 'An incompatible schema',
    meaning:
      'The registry refuses a version because readers or writers of an earlier one would break. Nothing changed.',
    action: 'Add fields as [null, X] with default null only; anything else is a new topic.',
  },
  'PT-9021': {
    title: 'A subject with another compatibility',
    meaning: 'A subject stands at another level than FULL_TRANSITIVE and could not be set to it.',
    action: 'Set the subject’s level in the registry, then run the deploy step again.',
  },
  'PT-9022': {
    title: 'A topic that differs from the catalogue',
    meaning:
      'A topic exists with other settings, fewer replicas or other partitions than the catalogue promises. The deploy step ends with it, and no service that uses the topic starts.',
    action:
      'Run the command that the message names. Partitions are never taken away: a ledger’s topic with several is made anew from its messages.',
  },
  'PT-9201': {
    title: 'A callback URL that is not plain',
    http: 400,
    meaning:
      'The URL does not parse, or has a user, a fragment, percent-encoding or other than ASCII in its host.',
    action: 'Give the address as https://host/path, an international name in its xn-- form.',
  },
  'PT-9202': {
    title: 'A callback URL that is not https',
    http: 400,
    meaning: 'Another scheme than https, outside the allowed networks.',
    action: 'Give an https address.',
  },
  'PT-9203': {
    title: 'A callback port that is not allowed',
    http: 400,
    meaning: 'Another port than 443, 8443 and those that the deployment allows besides.',
    action: 'Use the standard port, or have the port allowed.',
  },
  'PT-9204': {
    title: 'A callback host that is not public',
    http: 400,
    meaning:
      'The host is, or resolves to, an address that is private, local, shared, reserved or embeds one of those.',
    action: 'Give a public address, or have the network allowed.',
  },
  'PT-9205': {
    title: 'A callback host name that is not public',
    http: 400,
    meaning:
      'The host is a local name (localhost, *.local, *.internal …), has one label only, or ends in a dot.',
    action: 'Give a full public name.',
  },
  'PT-9301': {
    title: 'Not the form of a manifest',
    http: 400,
    meaning: 'A member of the manifest is missing, undeclared or of another form.',
    action:
      'Correct each path that is named; schemas/http/tool-manifest.schema.json holds the form.',
  },
  'PT-9302': {
    title: 'A proof trail that cannot be',
    http: 400,
    meaning:
      'proof_trail has a name that no tool’s trail may have, does not begin with work_order and execution_command, has no result_contract at its place, or does not end in usage_receipt, callback_delivery, ledger_entry, attestation.',
    action: 'Order the names as the wire format says (section 6).',
  },
  'PT-9303': {
    title: 'Evidence classes that cannot be scored',
    http: 400,
    meaning: 'No class is required, or the required classes weigh nothing together.',
    action: 'Require one class at least, and give required classes a weight.',
  },
  'PT-9304': {
    title: 'A schema that a manifest may not bring',
    http: 400,
    meaning:
      'A JSON Schema of the manifest refers elsewhere, uses a keyword outside the allowed list, is too deep or too large, or has a pattern that could take long.',
    action: 'Use the allowed keywords, and patterns that are anchored and simple.',
  },
  'PT-9305': {
    title: 'A manifest that is too large',
    http: 413,
    meaning: 'The manifest takes more than 64 KiB as canonical JSON.',
    action: 'Shorten descriptions and schemas.',
  },
} as const satisfies CodeTable
