import type { CodeTable } from '@prooftrail/contracts'

/** The codes that every service's loop and doors answer with. */
export const codes = {
  'PT-8001': {
    title: 'An operator’s act',
    http: 401,
    meaning: 'The request shows no operator token, nor a JWT of the configured issuer, as Bearer.',
    action: 'Send Authorization: Bearer with the operator token or a JWT.',
  },
  'PT-8008': {
    title: 'A role that is too low',
    http: 403,
    meaning:
      'The JWT is good, and does not list the role that this act needs: viewers read, operators act on runs, agents and tools, admins move money.',
    action: 'Have the role added where the issuer keeps roles (OIDC_ROLES_CLAIM names the claim).',
  },
  'PT-9005': {
    title: 'A message that keeps failing',
    meaning:
      'Deciding failed twice for a reason that is no refusal: a defect. The message is parked with its bytes, and what follows for its document is parked behind it (PT-9006).',
    action:
      'Read the detail and the log, mend the service, then send the message again as it was, or discard it.',
  },
  'PT-9006': {
    title: 'A message behind a parked one',
    meaning: 'Its document has a parked input; deciding this one first would change the order.',
    action:
      'Send the parked messages of the document again, first one first, or discard them one by one.',
  },
  'PT-9007': {
    title: 'A message under a foreign key',
    meaning:
      'The message key is not the id that the catalogue names in its value. It is parked; no document is touched.',
    action: 'Find out who sent it: whoever writes to a topic takes the key from the value.',
  },
  'PT-9008': {
    title: 'Too many messages wait',
    meaning:
      'The message names what is not known yet, and as many messages of its partition wait for such things as a process keeps.',
    action: 'Send it again when what it names is registered.',
  },
  'PT-9023': {
    title: 'A configuration that stops the start',
    meaning:
      'A variable is missing or malformed; the message names it. The process ends with code 78.',
    action: 'Correct the variable and start again.',
  },
  'PT-9030': {
    title: 'The loop does not turn',
    http: 503,
    meaning:
      'For a minute no round ended, failed and was set again, and no fetch began: the process is stuck.',
    action: 'Restart the process; nothing is lost by it.',
  },
  'PT-9031': {
    title: 'Not ready',
    http: 503,
    meaning: 'Kafka, the registry, the database or another need of the service does not answer.',
    action: 'See the detail and the stack. The service goes on by itself when it is back.',
  },
  'PT-9032': {
    title: 'Nothing here',
    http: 404,
    meaning: 'The service has no such path.',
    action: 'See the service’s README for its doors.',
  },
  'PT-9033': {
    title: 'A request that cannot be read',
    http: 400,
    meaning:
      'The body is not the announced form, a parameter is not known here or not in its form, or the request is malformed.',
    action: 'Correct the request; the detail names what is wrong.',
  },
  'PT-9034': {
    title: 'Not now',
    http: 503,
    meaning: 'The service met an outage or a defect while answering. Nothing was said in its name.',
    action: 'Try again later; the log has the cause.',
  },
  'PT-9035': {
    title: 'A loop that turns without doing anything',
    http: 503,
    meaning:
      'For half a minute a loop of the process has turned over and over, taken nothing in, and kept a core busy; or the process’s main thread has turned nothing else.',
    action:
      'Restart the process; nothing is lost by it. Report it with the log of the minutes before.',
  },
  'PT-9036': {
    title: 'A stop that left something undone',
    meaning:
      'The time of the stop (STOP_WITHIN_MS) was over before every part had stopped, because a server did not answer; the log names the parts. The process ends with code 75.',
    action:
      'None: what was not committed is delivered again, what was not published is in an outbox.',
  },
  'PT-9037': {
    title: 'Not with this method',
    http: 405,
    meaning: 'The path is there, and not with this method; the Allow header names those that are.',
    action: 'Use one of the methods that Allow names.',
  },
  'PT-9038': {
    title: 'A body that is too large',
    http: 413,
    meaning: 'The body takes more bytes than this door reads. Nothing of it was looked at.',
    action: 'Send less; the detail names the limit.',
  },
  'PT-9039': {
    title: 'A cursor of another list',
    http: 400,
    meaning:
      'The cursor was made for another selection or another order, was changed, or was never made here.',
    action: 'Begin the list again, without a cursor.',
  },
  'PT-9040': {
    title: 'A topic that others may write',
    meaning:
      'The broker lets more users write a topic than the catalogue names as its writers, or outsiders read what is not theirs. What stands there is believed.',
    action:
      'Take the ACL back (`prooftrail doctor` lists all, `prooftrail acls` what there should be).',
  },
  'PT-9041': {
    title: 'A broker that asks nobody who they are',
    meaning:
      'The broker has no authorizer: everybody who reaches it may write every topic, funding and registrations among them.',
    action: 'Give it users and an authorizer, and grant what `prooftrail acls` shows.',
  },
  'PT-9042': {
    title: 'Too many streams',
    http: 429,
    meaning:
      'Whoever asks has as many streams open as one may have, or the process has as many as it serves. Nothing was opened.',
    action: 'Close one, or try again after the seconds that Retry-After names.',
  },
  'PT-9043': {
    title: 'Not from this machine’s user',
    http: 403,
    meaning:
      'Doors are open here (`OPEN_ACCESS`), and the request comes from a page of another site, or names a host that is not this machine. Nothing was done.',
    action: 'Ask by `127.0.0.1` or `localhost`, from the doors’ own page or a program.',
  },
  'PT-9050': {
    title: 'a service that runs cannot be rebuilt in place',
    meaning:
      'Its consumer group has members: what it saves would be lost, or would meet old versions.',
    action: 'Stop all processes of the service, or build beside it to compare (`--beside`).',
  },
  'PT-9051': {
    title: 'the topics do not explain a document',
    meaning:
      'Something that the service published does not follow from the inputs that its topics hold, or an input that it had taken left nothing behind. Nothing was changed.',
    action:
      'Restore the collection from a backup; `prooftrail doctor --deep` says what of the topics is missing.',
  },
  'PT-9052': {
    title: 'a rebuilt document that the database does not hold',
    meaning:
      'It is too large, breaks a unique index, or another rebuild of the service is at work. Nothing was changed.',
    action: 'End the other rebuild, or restore the collection from a backup.',
  },
  'PT-9053': {
    title: 'what no topic holds is missing',
    meaning:
      'The service rests on documents that are no fold of topics (the list of credit movements), and they are not there. Nothing was changed.',
    action: 'Restore them from a backup, then rebuild.',
  },
  'PT-9060': {
    title: 'A parked message that is not there any more',
    meaning:
      'A person had a parked message sent again, and where it stood there is nothing any more (commands and heartbeats are kept for seven days), or another message. Nothing was sent; it is open again.',
    action: 'Discard it; whoever said it says it anew, if it still counts.',
  },
  'PT-9061': {
    title: 'What its run said was deleted',
    meaning:
      'A message is about a run that an operator had forgotten: what it said was deleted, and nothing brings it back. It is counted and changes nothing.',
    action: 'Nothing. A new order has an idempotency key of its own.',
  },
  'PT-9062': {
    title: 'A deletion that no operator said',
    meaning:
      'A message says that a run is forgotten, and no key of KEYS_FILE with the role operator signed it, or that key had ended when it arrived. It is parked; no document is touched.',
    action:
      'Find out who wrote it: the topic is the console’s. If it is the console’s own word, KEYS_FILE of this service lacks the key: give it the list, restart, and send the message again.',
  },
} as const satisfies CodeTable
