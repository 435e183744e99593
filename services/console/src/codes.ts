import type { CodeTable } from '@prooftrail/contracts'

export const codes = {
  'PT-7001': {
    title: 'task not known',
    http: 404,
    meaning: 'No run has this handle or id.',
    action: 'Check the handle; a run is known a moment after intake accepted or refused its order.',
  },
  'PT-7002': {
    title: 'part not there yet',
    http: 404,
    meaning: 'The run is known, but has no such object yet (or never will, if it was refused).',
    action: 'Look at /v1/tasks/:token/lifecycle for where it stands.',
  },
  'PT-7003': {
    title: 'owner does not answer',
    http: 503,
    meaning:
      'The console was asked for what another service owns, and that service does not answer.',
    action: 'Try again; look at /readyz of the service that owns it.',
  },
  'PT-7004': {
    title: 'attempt not bound yet',
    meaning:
      'A heartbeat came before the console heard of its attempt: topics are read apart. It is asked again for 30 seconds, and then changes nothing.',
    action: 'Nothing.',
  },
  'PT-7020': {
    title: 'page not built',
    http: 503,
    meaning: 'The operator’s page has no built files: it is being built, or was not.',
    action: 'Wait a moment after a start; else run npm run build:page.',
  },
  'PT-7021': {
    title: 'no session',
    http: 401,
    meaning:
      'What was shown to sign in opens no session: a link counts once, and a token must be known.',
    action: 'Have a new link made with prooftrail console, or sign in another way.',
  },
  'PT-7022': {
    title: 'not from the page',
    http: 403,
    meaning:
      'A request would act by a session and comes from another site, or from a page that is not the console’s own.',
    action: 'Act from the console’s own page, or show a Bearer.',
  },
  'PT-7023': {
    title: 'issuer does not answer',
    http: 503,
    meaning:
      'Nobody can sign in with the issuer (OIDC_ISSUER) now: it does not answer the console.',
    action: 'Try again; sessions that are open go on.',
  },
  'PT-7041': {
    title: 'parked message not known',
    http: 404,
    meaning:
      'No parked message has this id here, or it was settled more than 30 days ago. The topic of parked messages keeps all of them.',
    action: 'List them: prooftrail parked list, with --state any for the settled ones.',
  },
  'PT-7042': {
    title: 'sent again already',
    http: 409,
    meaning:
      'The message was sent again, and has not been parked since: it was decided, or it still waits to be read. Sending it twice would change nothing.',
    action: 'Look whether its run goes on. If it is parked again, it is open again.',
  },
  'PT-7043': {
    title: 'discarded already',
    http: 409,
    meaning: 'Somebody gave the message up; the detail says who, when and why.',
    action: 'None. If it is wanted after all, whoever said it says it anew.',
  },
  'PT-7044': {
    title: 'an earlier one is open',
    http: 409,
    meaning:
      'Messages of one document, or of one key, are sent again in the order in which they were parked, and an earlier one is open.',
    action: 'Send or discard the earlier one first, or send all of them: --with-earlier.',
  },
  'PT-7045': {
    title: 'cannot be sent again',
    http: 409,
    meaning:
      'What was parked is no message of a topic whose messages are sent again, or was sent again 16 times.',
    action: 'Mend what the detail names, or discard it.',
  },
  'PT-7046': {
    title: 'an act on parked messages that cannot be read',
    http: 400,
    meaning:
      'The body is not {ids, act, reason}: 1 to 10,000 ids, each once; an act, send or discard; a reason of 1 to 500 characters, which discarding needs.',
    action: 'Correct what the detail names.',
  },
  'PT-7047': {
    title: 'a list of parked messages that cannot be read',
    http: 400,
    meaning: 'A filter has another name or another form than the list knows.',
    action: 'Correct what the detail names; the README of the console has the filters.',
  },
  'PT-7048': {
    title: 'not the word of a tool',
    meaning:
      'What says that a tool set a command aside has no signature of a key of that tool, or is about another topic than its commands. It is counted and changes nothing.',
    action: 'Find out who writes to the topic; a tool signs with its registered key.',
  },
  'PT-7050': {
    title: 'not at rest',
    http: 409,
    meaning:
      'What a run says is deleted only when nothing of it is under way: it is sealed, refused or released, its callback was delivered or given up, and no ticket is open.',
    action: 'Close the run, or wait: prooftrail report says what it waits for.',
  },
  'PT-7051': {
    title: 'a deletion that cannot be read',
    http: 400,
    meaning: 'The body is not {reason}: 1 to 500 characters, for all to read.',
    action: 'Say why.',
  },
  'PT-7060': {
    title: 'unknown dashboard',
    http: 404,
    meaning: 'No dashboard of the SRE page has this name.',
    action: 'GET /v1/sre lists them.',
  },
  'PT-7065': {
    title: 'view not known',
    http: 404,
    meaning: 'Nobody keeps a view of this id where the caller may change it.',
    action: 'List the views: GET /v1/views.',
  },
  'PT-7066': {
    title: 'too many views',
    http: 409,
    meaning: 'A person keeps 100 views at most, and 200 are shared.',
    action: 'Take away views that nobody needs, then keep this one.',
  },
} as const satisfies CodeTable
