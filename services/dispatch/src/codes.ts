import type { CodeTable } from '@prooftrail/contracts'

export const codes = {
  'PT-2001': {
    title: 'result without a command',
    meaning: 'A result names a work order that was never commanded. It is parked.',
    action: 'Look at who produced it: the executor answers only what its command topic told it.',
  },
  'PT-2002': {
    title: 'result breaks its contract',
    meaning:
      'The result contract, or a link of the tool, lacks a required member, names a foreign id, or breaks the schema of its tool version. It is parked with every fault named.',
    action: 'Mend the executor; the attempt is commanded again when it falls silent.',
  },
  'PT-2003': {
    title: 'result of a superseded attempt',
    meaning: 'A newer attempt was commanded before this result came. It is parked and counted.',
    action: 'Nothing: the newer attempt decides. If it happens often, raise the time limits.',
  },
  'PT-2004': {
    title: 'result after the end',
    meaning: 'The result came more than an hour after the order expired. It is parked.',
    action: 'The credits are released; the agent may place a new order.',
  },
  'PT-2005': {
    title: 'result after another was accepted',
    meaning: 'The work order has an accepted result already. This one is parked.',
    action: 'Nothing: one result counts.',
  },
  'PT-2006': {
    title: 'result not signed by its tool',
    meaning:
      'The signature is wrong, or the key is not one of the tool, or not valid at the time. It is parked.',
    action: 'Register the key of the executor, or find out who else writes to the result topic.',
  },
  'PT-2007': {
    title: 'result not for this tool',
    meaning: 'The tool of the result is not the tool that was commanded. It is parked.',
    action: 'Look at the executor that produced it.',
  },
  'PT-2008': {
    title: 'result does not follow its command',
    meaning: 'The links of the result do not name the command and each other as they must.',
    action: 'Mend the executor: `after` holds the digest of the command it answers.',
  },
  'PT-2009': {
    title: 'tool without a command topic',
    meaning:
      'The order is for a tool whose command topic and subject are not deployed. It waits 30 s, then it is parked; its credits stay held until they expire.',
    action: "Run the tool's deploy step, then send the parked message again.",
  },
  'PT-2011': {
    title: 'progress not signed by its tool',
    meaning:
      'A heartbeat has no signature, or not that of a key of its tool that counts when it arrives. It moves nothing and is counted.',
    action:
      'Sign it as the executor contract says (section 7), or find out who else writes to the topic.',
  },
  'PT-2012': {
    title: 'progress of another command',
    meaning:
      'A heartbeat names a tool, a command or an attempt that is not the commanded one. It moves nothing and is counted.',
    action: 'Nothing where an attempt was superseded; else look at the executor.',
  },
  'PT-2013': {
    title: 'progress ahead of its time',
    meaning:
      'The time of a heartbeat lies more than five minutes ahead, or its sequence beyond what can have been said since the command. It moves nothing and is counted.',
    action: 'Set the clock of the executor; count heartbeats from 1.',
  },
  'PT-2010': {
    title: 'result too large',
    meaning: 'The contract and the links of the tool together are larger than 1.5 MB as JSON.',
    action:
      'Mend the executor: count and digest what is regular, and list only what differs. The attempt is commanded again when it falls silent.',
  },
  'PT-2021': {
    title: 'act on no such run',
    http: 404,
    meaning:
      'An act names a run that dispatch does not have, or that is no run of the agent who asks. It is parked; nothing changed.',
    action: 'Look at the work order id: acts are for the agent that ordered, and for operators.',
  },
  'PT-2022': {
    title: 'act not signed by who may',
    http: 403,
    meaning:
      'The signature is wrong, or its key is neither one of the agent nor an operator’s, or it does not count at the time. It is parked; nothing changed.',
    action: 'Sign with a registered key of the agent, or with an operator’s key of the deployment.',
  },
  'PT-2023': {
    title: 'act without form',
    http: 400,
    meaning: 'The act lacks a member, has one too many, or says what its kind does not say.',
    action: 'Correct what the detail names, and ask again.',
  },
  'PT-2024': {
    title: 'act not allowed in this state',
    http: 409,
    meaning:
      'The run stands where the table of acts does not allow this one. The answer names the states that do, and the acts that this state allows. Nothing changed.',
    action: 'Look at the run, and choose one of the acts that its state allows.',
  },
  'PT-2025': {
    title: 'act of somebody else',
    http: 403,
    meaning: 'The table of acts does not allow this act to whoever asked. Nothing changed.',
    action: 'Ask an operator, or choose an act that is yours.',
  },
  'PT-2026': {
    title: 'act under a key of another one',
    http: 409,
    meaning: 'An act with this idempotency key was accepted on the run with another body.',
    action: 'Use another key for another act.',
  },
  'PT-2027': {
    title: 'act on an older result',
    http: 409,
    meaning:
      'The act does not follow exactly the newest result of the run (or the order, where there is none), which the detail names. Nothing changed.',
    action: 'Read the newest result, decide again, and sign with its digest.',
  },
  'PT-2028': {
    title: 'evidence that is not taken',
    http: 422,
    meaning:
      'The class is not open, an item is malformed, or the evidence is too large with it. Nothing changed.',
    action: 'Add items of the open classes, in the form that the tool’s manifest says.',
  },
  'PT-2029': {
    title: 'too many acts on a run',
    http: 409,
    meaning: 'The run had as many acts, replays or attempts as a run may have. Nothing changed.',
    action: 'Close the run, and place a new order.',
  },
  'PT-2030': {
    title: 'nothing more can run',
    http: 409,
    meaning:
      'The order allows no replay, or its time is over so that no result would count. Nothing changed.',
    action: 'Place a new order, or close the run.',
  },
  'PT-2031': {
    title: 'no such open ticket',
    http: 409,
    meaning: 'The act names a ticket that is not open on this run. Nothing changed.',
    action: 'Choose one of the open tickets that the detail names.',
  },
  'PT-2032': {
    title: 'no callback to try again',
    http: 409,
    meaning:
      'No callback of the newest result was given up: it was delivered, none is due, or its next attempt has its time. Nothing changed.',
    action: 'Look at the deliveries of the run; a callback that waits goes on by itself.',
  },
  'PT-2033': {
    title: 'nothing to ask the agent for',
    http: 409,
    meaning: 'The newest result left no class of evidence open. Nothing changed.',
    action: 'Look at the result; replay it, or close the run.',
  },
  'PT-2061': {
    title: 'no such batch',
    http: 404,
    meaning: 'No batch has this id, or its runs are not known yet.',
    action: 'Look at the list of batches: `prooftrail batch list`.',
  },
  'PT-2062': {
    title: 'a batch that cannot be made',
    http: 400,
    meaning:
      'Its act is none of the table, lacks its reason or says what each run has for itself; or a limit of it is no such number. Nothing was written.',
    action: 'Correct what the detail names.',
  },
  'PT-2063': {
    title: 'a batch of no runs',
    http: 422,
    meaning: 'Nothing was selected. Nothing was written.',
    action: 'Look at the filter: it is applied once, when the batch is made.',
  },
  'PT-2064': {
    title: 'a batch of too many runs',
    http: 422,
    meaning: 'The selection is larger than BATCH_MAX_RUNS. Nothing was written.',
    action: 'Narrow the selection, or make several batches.',
  },
  'PT-2065': {
    title: 'a batch does not allow that now',
    http: 409,
    meaning:
      'The batch stands where it does not take the request: it was run before, it does not run, or it has ended. The answer names its status and what it takes. Nothing changed.',
    action: 'Choose one of the requests that the answer names, or make another batch.',
  },
  'PT-2066': {
    title: 'too many open batches',
    http: 409,
    meaning: 'As many batches as there may be have not ended. Nothing was written.',
    action: 'Run or stop one of them (`prooftrail batch list`).',
  },
  'PT-2067': {
    title: 'batches are being made or judged',
    http: 429,
    meaning:
      'The service reads the runs of as many batches as it does at a time, so that other work goes on. Nothing was written.',
    action: 'Ask again after the seconds that Retry-After says.',
  },
  'PT-2068': {
    title: 'an act of a batch without an answer',
    meaning:
      'For two minutes nothing was heard of any act of the batch that was under way: what is left of them counts as unanswered. An act that is parked is answered to nobody (PT-2021, PT-2022, PT-2029).',
    action:
      'Look at the run, and at parked messages of dispatch. An answer that comes later counts in its place.',
  },
} as const satisfies CodeTable

export type DispatchCode = keyof typeof codes
