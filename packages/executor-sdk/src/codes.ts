import type { CodeTable } from '@prooftrail/contracts'

/** What an executor says when it does not conclude. */
export const codes = {
  'PT-3001': {
    title: 'The command cannot be carried out',
    meaning:
      'A command on the tool’s own topic is under a wrong key, or allots no id to a link of its proof trail. It is parked; no result is made.',
    action:
      'A fault of whoever wrote the command. Compare it with the page on the executor’s bus contract.',
  },
  'PT-3002': {
    title: 'Two commands claim one attempt',
    meaning:
      'A second command with another content came for an attempt that has one already. The first stays, the second is parked.',
    action: 'A fault of whoever wrote the command: every attempt has its own number.',
  },
  'PT-3003': {
    title: 'The tool threw',
    meaning:
      'The tool’s function threw in every run of this attempt. The result contract is failed, complete, and carries a tool_execution_pause ticket; nothing is debited.',
    action: 'Read the executor’s log by work order id, mend the tool, then ask for a replay.',
  },
  'PT-3004': {
    title: 'The tool’s result breaks its own contract',
    meaning:
      'What the function returned lacks a member, has one that nobody declared, holds what JSON cannot, or names foreign ids. Treated as a throw.',
    action:
      'Run the tool’s cases; each fault is named in the detail. Mend the tool, then ask for a replay.',
  },
  'PT-3005': {
    title: 'The result is too large',
    meaning:
      'Contract and links together are larger than 1.5 MB as JSON. The contract is failed, nothing is debited.',
    action:
      'Count and digest what is regular, list only what differs, and keep the rest behind a reference.',
  },
  'PT-3006': {
    title: 'The run was lost',
    meaning:
      'The process ended in mid-work in every run of this attempt. The result contract is failed, with a tool_execution_pause ticket.',
    action:
      'Look for memory limits and crashes of the executor at these times, then ask for a replay.',
  },
  'PT-3007': {
    title: 'The time limit passed',
    meaning:
      'A run took longer than limits.deadline_seconds, or the command’s own deadline passed. Its signal is aborted and this attempt makes no result: a last sign of life says so, and dispatch makes the next attempt when it hears no more.',
    action:
      'Raise limits.deadline_seconds in the tool’s manifest, or make the tool obey its signal and be quicker.',
  },
  'PT-3008': {
    title: 'The tool’s folder cannot be run',
    meaning:
      'The manifest is wrong, there is no execute function, or the key is not the tool’s. The start stops; every fault is named.',
    action: 'Mend what is named and start again.',
  },
} as const satisfies CodeTable
