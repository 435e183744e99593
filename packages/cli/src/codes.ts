import type { CodeTable } from '@prooftrail/contracts'

export const codes = {
  'PT-8002': {
    title: 'no running stack found',
    meaning: 'No addresses are set, and this checkout runs no stack.',
    action: 'Run `npm start`, or set the addresses of a deployment (INTAKE_URL, …).',
  },
  'PT-8003': {
    title: 'a service did not start, or ended',
    meaning:
      'A process of services ended while starting or later, although nobody stopped it, or was not ready in time.',
    action: 'Read the log file that the message names.',
  },
  'PT-8004': {
    title: 'no answer',
    meaning: 'The address does not answer.',
    action: 'See what is up with `prooftrail doctor`.',
  },
  'PT-8005': {
    title: 'not there in time',
    meaning: 'What was asked for did not come within the time that the command waits.',
    action: 'Look at the task (`prooftrail watch ID`), then try again.',
  },
  'PT-8006': {
    title: 'file cannot be read',
    meaning: 'The file is absent, is not JSON, or is not what the command takes.',
    action: 'Look at the examples folder for one that works.',
  },
  'PT-8007': {
    title: 'trail does not verify',
    meaning: 'At least one check of the bundle failed; each is named with its link.',
    action: 'Ask for the bundle again; if it still fails, do not trust it.',
  },
  'PT-8009': {
    title: 'the tool did not pass its conformance suite',
    meaning: 'At least one check failed, so the version is not announced.',
    action: 'Mend what the report names and deploy again, or force it: then everybody sees that.',
  },
  'PT-8010': {
    title: 'no such tool or version',
    meaning: 'Intake has registered no tool of that name, or not that version of it.',
    action: 'See what there is with `prooftrail tools list --all`.',
  },
  'PT-8011': {
    title: 'the announcement was not taken',
    meaning:
      'The name belongs to another key, or intake parked the announcement or did not answer in time.',
    action:
      'Sign with the tool’s own key (--key), or look for the reason: prooftrail parked list --topic prooftrail.tool.announced.v1.',
  },
  'PT-8012': {
    title: 'the tool’s folder cannot be made',
    meaning: 'The name is none that a tool can have, or the folder holds something already.',
    action: 'Choose another name or an empty folder.',
  },
  'PT-8013': {
    title: 'an argument that the command does not take',
    meaning: 'An option or argument has another form than the command says.',
    action: 'See the command with --help.',
  },
  'PT-8014': {
    title: 'a reference that funded the account before',
    meaning: 'A reference funds an account once; nothing was moved.',
    action: 'Give another invoice its own reference, or see `prooftrail credits show ACCOUNT`.',
  },
  'PT-8016': {
    title: 'the order was refused',
    meaning: 'Intake refused the order; its reasons are told, each with its code.',
    action: 'Mend what the reasons name and send the order again.',
  },
  'PT-8030': {
    title: 'the log does not have that',
    meaning: 'The log answers, but not with the file or the size that was asked for.',
    action: 'Look at its checkpoint first: it says how many leaves there are.',
  },
  'PT-8031': {
    title: 'not a checkpoint of the log',
    meaning: 'The checkpoint is malformed, or no log key of the key list signed it in its time.',
    action:
      'Update the pinned key list (`prooftrail keys update`); if it still fails, trust neither.',
  },
  'PT-8032': {
    title: 'the log serves other hashes than it signed',
    meaning: 'Its tiles do not give the root of its checkpoint, so nothing can be proven by them.',
    action: 'Ask again later; if it lasts, keep checkpoint and tiles and ask the operator.',
  },
  'PT-8033': {
    title: 'a state that cannot be used',
    meaning:
      'The file is held by another process, is not the state of a witness, or is there although a new one was asked for.',
    action:
      'Find the file: a witness that lost it has to begin under another name and key, because it might cosign a second tree.',
  },
  'PT-8034': {
    title: 'the log shows two trees',
    meaning: 'Two checkpoints that the log signed are not beginnings of one tree: it was forked.',
    action:
      'Keep both checkpoints, they prove it; believe no bundle of this log until its operator has explained which branch is which.',
  },
  'PT-8035': {
    title: 'the log shrank',
    meaning: 'It shows fewer leaves than it had signed before.',
    action:
      'Ask again: a proxy may have kept an old answer. If it lasts, leaves were lost or are hidden; treat it as a fork.',
  },
  'PT-8036': {
    title: 'too few witnesses',
    meaning: 'The newest cosigned checkpoint has fewer cosignatures than the policy asks for.',
    action: 'See which witnesses are away; the log of attestation says why each did not cosign.',
  },
  'PT-8037': {
    title: 'a trail of yours does not verify',
    meaning: 'One of the bundles that the monitor was given is not proven by its own checkpoint.',
    action: 'See why with `prooftrail verify`.',
  },
  'PT-8040': {
    title: 'no key list to sign',
    meaning:
      'There is nothing new to sign, the key is no admin’s, or the list would break a rule that everybody holds lists to.',
    action: 'See what the message names; keys are never removed, they get an end (exp).',
  },
  'PT-8041': {
    title: 'the key lists were forked',
    meaning: 'Whoever serves them shows another list under the version that is pinned.',
    action:
      'Nothing was changed. Keep the pinned file and what was served; ask the operator by another way, as for a compromise of the admins.',
  },
  'PT-8042': {
    title: 'an older key list than the pinned one',
    meaning: 'Whoever serves them shows fewer lists than you have seen.',
    action: 'Nothing was changed. Ask again, or elsewhere; if it lasts, ask the operator.',
  },
  'PT-8043': {
    title: 'a key list that does not follow',
    meaning:
      'Signatures of admins are missing, a key disappeared or changed, or the log of key lists does not hold it.',
    action: 'Nothing was changed. Do not trust who served it.',
  },
  'PT-8039': {
    title: 'the log and what it is made of disagree',
    meaning:
      'Entries, hash tiles, signed root and trails of the deployment do not give one tree; each disagreement is named.',
    action:
      'Stop attestation. The ledger topic decides: compare the leaves with it by index, and restore what is wrong.',
  },
  'PT-8061': {
    title: 'the registry lacks schemas of messages',
    meaning:
      'Messages name schema ids that the registry does not have: it is older than the topics, or another one. A registry that gives these ids to other schemas makes the messages unreadable for ever.',
    action: 'Register nothing. Restore the registry from a backup that is as new as the topics.',
  },
  'PT-8062': {
    title: 'Kafka is behind MongoDB',
    meaning:
      'Documents, or the checkpoint of the log, rest on messages that the topics do not hold: topics were restored to an older time, or lost.',
    action:
      'Stop all services, so that nothing new is said, and restore Kafka, registry and MongoDB from one backup.',
  },
  'PT-8063': {
    title: 'MongoDB is behind Kafka',
    meaning:
      'The topics hold what documents of a service do not: they were lost, or restored to an older time.',
    action: 'Stop the service and make its documents again: `prooftrail rebuild SERVICE`.',
  },
  'PT-8064': {
    title: 'the log is not that of the ledger topic',
    meaning: 'A leaf of the log is another than the entry at its place on the ledger topic.',
    action:
      'Stop attestation and keep its checkpoint. Find out which of the two is older, and restore it; where it is the log, its three collections can be dropped: they are folded again.',
  },
  'PT-8065': {
    title: 'accounts are not those that receipts name',
    meaning:
      'Holds or usage receipts name credit entries that the list of the accounts does not have, or has otherwise.',
    action: 'Stop receipt and restore MongoDB from a backup: the list is on no topic.',
  },
  'PT-8070': {
    title: 'an agent that may still place orders',
    meaning: 'What an agent’s runs say is deleted once none of its keys counts any more.',
    action: 'Revoke the key that the message names, and say it again.',
  },
  'PT-8071': {
    title: 'something lies unread',
    meaning:
      'Partitions are added while all that came until 20 seconds ago has been read: what is read later than that could be met after what followed it, because the place of a key changes. Nothing was changed.',
    action:
      'Wait until the service that the message names has caught up (`prooftrail_oldest_input_age_seconds`), and say it again. Orders may go on.',
  },
  'PT-8072': {
    title: 'not a number of partitions',
    meaning:
      'Topics grow to a whole number, not less than what one of them has. Nothing was changed.',
    action: 'Say as many as the message names, or more.',
  },
  'PT-8038': {
    title: 'the log is stale',
    meaning: 'For longer than you allow, nothing newer was shown, or no witness has seen it.',
    action: 'Is the log up, and are you shown the same as others? Compare checkpoints with them.',
  },
} as const satisfies CodeTable
