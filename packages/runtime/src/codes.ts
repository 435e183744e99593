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
    meaning: 'The service has no such path, or not with this method.',
    action: 'See the service’s README for its doors.',
  },
  'PT-9033': {
    title: 'A request that cannot be read',
    http: 400,
    meaning: 'The body is not the announced form, is too large, or the request is malformed.',
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
} as const satisfies CodeTable
