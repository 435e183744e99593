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
} as const satisfies CodeTable
