import { defineRules } from '@prooftrail/executor-sdk'

/** What EnergyOps concludes by; outcomes are `holds` or one of the codes. */
export const rules = defineRules({
  milestones: {
    sentence:
      'A milestone is done by a word of the common list; an open one whose date has passed is overdue, as an instant; a bare date passes at its end, M/D/YYYY is read where the profile or the date itself leaves one reading.',
    codes: ['review_milestone'],
    case: 'milestone-dates',
  },
  site_control: {
    sentence:
      'Control of the site lasts until the open studies and the in-service date that the packet names; a deed has no end.',
    codes: ['differs'],
    case: 'site-control-too-short',
  },
  letters: {
    sentence:
      'A notice of deficiency is open until an item names it in `answers` or `in_reply_to`, or it says that it was cured; a notice of withdrawal takes the application away.',
    codes: ['open'],
    case: 'deficiency-open',
  },
  studies: {
    sentence:
      'A usable study of a later kind (feasibility, system impact or cluster, facilities) stands for an earlier one that is outdated.',
    codes: ['superseded'],
    case: 'old-and-new-study',
  },
  capacity: {
    sentence:
      'Application, diagrams, studies and the order name one capacity: MW AC with MW AC, DC with DC, never one with the other.',
    codes: ['differs'],
    case: 'capacity-disagrees',
  },
  known_gaps: {
    sentence:
      'A known gap is about the class that it names, or that the profile has under that name; about nothing known it stays an open item of its own.',
    codes: ['resolve_gap'],
    case: 'gap-in-words',
  },
  profile: {
    sentence:
      "The territory's profile in the manifest says which deposits, fees and shares of the site the application has to show.",
    codes: ['not_met'],
    case: 'order-2023-no-deposit',
  },
})

export type RuleId = keyof typeof rules
