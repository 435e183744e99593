import type { CodeTable } from '@prooftrail/contracts'

/** What attestation refuses, and what its doors answer. */
export const codes = {
  'PT-6001': {
    title: 'signature does not verify',
    meaning: 'A link arrived whose signature is not its key’s over the statement; it is parked.',
    action: 'Find out who published it; the trail stays open until the true link arrives.',
  },
  'PT-6002': {
    title: 'unknown key',
    meaning: 'A link names a key that was not registered or deployed within 30 s; it is parked.',
    action: 'Register the agent or tool, or add the service’s key to the key file; send it again.',
  },
  'PT-6003': {
    title: 'key does not count',
    meaning: 'The key exists, but not for this role, party or time, or it was revoked.',
    action: 'Compare nbf, exp, party and roles in keys.json with the link’s issued_at.',
  },
  'PT-6004': {
    title: 'facts of two runs',
    meaning: 'A fact names another work order, command or object than the trail it came for.',
    action: 'Find the service that published it; nothing of it entered the trail.',
  },
  'PT-6005': {
    title: 'a link follows what is not there',
    meaning: 'A link’s `after` names an object that no earlier link of the trail is.',
    action: 'Compare the digests in the parked message with the other links of the work order.',
  },
  'PT-6006': {
    title: 'credits do not add up',
    meaning: 'The usage receipt’s hold is not its debit plus its release.',
    action: 'Look at the account’s credit entries of this work order.',
  },
  'PT-6008': {
    title: 'unknown kind of link',
    meaning: 'A tool’s link, or its proof trail, uses a name outside the closed list.',
    action: 'Correct the tool’s manifest.',
  },
  'PT-6010': {
    title: 'foreign ledger entry',
    meaning:
      'A message on the ledger topic is no entry that attestation signed; it is parked and the log goes on without it.',
    action: 'Find out who can write the topic; only attestation may.',
  },
  'PT-6011': {
    title: 'the log holds another entry under this id',
    meaning: 'The integrated leaf is not the entry that the trail holds; the trail gets no seal.',
    action: 'Stop the service and compare the trail’s entry with the leaf before anything else.',
  },
  'PT-6012': {
    title: 'ledger topic is shorter than the log',
    http: 503,
    meaning:
      'The topic lost messages that the log holds, or comes to next. The log stops, so that it cannot fork.',
    action: 'Restore the topic, or the database that belongs to it; never reset the checkpoint.',
  },
  'PT-6013': {
    title: 'stored leaves are not the fold of the topic',
    http: 503,
    meaning: 'A stored leaf differs from what the ledger topic says at its index. The log stops.',
    action: 'Restore the database from before the difference; the fold writes the rest again.',
  },
  'PT-6014': {
    title: 'a trail that no verifier would accept',
    meaning:
      'All facts of a run are there, and the trail that they make breaks a rule of the verifier. It is not sealed; the last fact is parked, and the run stays open.',
    action:
      'Look at the problems in the detail: they name the link and who made it. What dispatch accepts keeps these rules, so a service of the deployment is at fault, or two versions of them run side by side.',
  },
  'PT-6020': {
    title: 'no sealed trail',
    http: 404,
    meaning: 'The work order is unknown, or its trail is not sealed and in the log yet.',
    action: 'Ask again later; the state of the order says what it waits for.',
  },
  'PT-6021': {
    title: 'the log catches up',
    http: 503,
    meaning: 'The log has not folded all entries that were on the topic when the service started.',
    action: 'Try again in a moment.',
  },
  'PT-6022': {
    title: 'no such tile',
    http: 404,
    meaning: 'The path is no tile path, or names leaves beyond the checkpoint.',
    action: 'Read the checkpoint first and ask for the tiles of its size.',
  },
  'PT-6024': {
    title: 'no cosigned checkpoint',
    http: 404,
    meaning: 'No witness is configured (WITNESSES), or none has cosigned a checkpoint yet.',
    action: 'Read the checkpoint itself, or ask again when a witness has answered.',
  },
  'PT-6025': {
    title: 'no such key list',
    http: 404,
    meaning: 'The deployment signs no key lists (KEY_LISTS_DIR), or has no list of that version.',
    action: 'Read the checkpoint of the key lists: its size is the newest version.',
  },
  'PT-6030': {
    title: 'a witness does not cosign',
    meaning:
      'A witness refused the checkpoint or gave no answer that can be used. Nothing waits for it; bundles carry fewer cosignatures.',
    action:
      'Is it up, and does it trust the log key? Where it says that the tree does not begin with the one it knows, or knows a longer one, this log has lost leaves or was forked: stop attestation and find out before anything else.',
  },
} as const satisfies CodeTable
