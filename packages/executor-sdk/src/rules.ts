import type { Json } from '@prooftrail/contracts'

/**
 * The rules of a tool, as a table: what each says, the words by which its conclusion is known, and
 * the case that shows it. The README's table is generated from it (`npm run codegen`), and
 * `describeRules` of `testing` holds that each has its case and is used. A conclusion lists the
 * rules that led to it, so that a reviewer sees why.
 */
export interface Rule {
  /** One sentence in the words of the trade, with its source where it has one. */
  sentence: string
  /** Exception types, outcomes and next actions of this rule, as they stand in a conclusion. */
  codes: readonly string[]
  /** The file in `cases/` that shows it, without `.json`. */
  case: string
}

/** By id; ids are interface and keep their meaning. */
export type RuleTable = { readonly [id: string]: Rule }

/** One application of a rule, as it stands in `result_package.rules`. */
export type AppliedRule = { rule: string; inputs: Json; outcome: string }

/** Says what a table is, and keeps its ids as types. */
export function defineRules<const T extends RuleTable>(table: T): T {
  return table
}

/** What a run collects: which rule was applied to what, and what came of it. */
export interface RuleBook<Id extends string> {
  apply(rule: Id, inputs: Json, outcome: string): void
  /** In the order of the table, and of their application; what goes beyond is counted. */
  list(): AppliedRule[]
}

/** Applications of one rule that a conclusion lists. */
const MAX_LISTED = 10

/** An empty book for one run; ten thousand applications take the room of ten. */
export function openRuleBook<T extends RuleTable>(table: T): RuleBook<keyof T & string> {
  const applied = new Map<string, { first: AppliedRule[]; count: number }>()
  return {
    apply(rule, inputs, outcome) {
      const own = applied.get(rule) ?? { first: [], count: 0 }
      own.count += 1
      if (own.first.length < MAX_LISTED) own.first.push({ rule, inputs, outcome })
      applied.set(rule, own)
    },
    list() {
      return Object.keys(table).flatMap((rule) => {
        const { first, count } = applied.get(rule) ?? { first: [], count: 0 }
        const further = count - first.length
        const rest = { rule, inputs: { further }, outcome: `applied ${further} times more` }
        return further > 0 ? [...first, rest] : first
      })
    },
  }
}
