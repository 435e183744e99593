/**
 * Promises that nobody waits for, by the compiler's own types. The linter infers types by itself and
 * is blind to those of this repository's packages, whose declarations are not built here.
 */
import { join } from 'node:path'
import {
  type CallExpression,
  type Expression,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { isCallExpression, isExpressionStatement } from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'
import { ROOT } from './files.ts'

export interface Floating {
  /** From the root. */
  path: string
  /** From 1. */
  line: number
  text: string
}

/** Every call of the repository that stands as a statement, gives a promise, and drops it. */
export function findFloating(): Floating[] {
  const api = new API({ cwd: ROOT })
  try {
    const snapshot = api.updateSnapshot({ openProject: join(ROOT, 'tsconfig.test.json') })
    return snapshot.getProjects().flatMap(({ program, checker }) =>
      program
        .getSourceFileNames()
        .filter((name) => name.startsWith(`${ROOT}/`) && !name.includes('/node_modules/'))
        .flatMap((name) => {
          const file = program.getSourceFile(name)
          const calls = file ? callStatementsIn(file) : []
          if (!file || calls.length === 0) return []
          const types = checker.getTypeAtLocation(calls)
          return calls.flatMap((call, at) => {
            const type = types[at]
            const isPromise = type && /^(Promise|PromiseLike)</.test(checker.typeToString(type))
            if (!isPromise || isHandled(call)) return []
            const line = file.text.slice(0, call.getStart(file)).split('\n').length
            return [{ path: name.slice(ROOT.length + 1), line, text: call.getText(file) }]
          })
        }),
    )
  } finally {
    api.close()
  }
}

function callStatementsIn(file: SourceFile): CallExpression[] {
  const calls: CallExpression[] = []
  const visit = (node: Node): void => {
    if (isExpressionStatement(node) && isCallExpression(node.expression)) {
      calls.push(node.expression)
    }
    node.forEachChild(visit)
  }
  visit(file)
  return calls
}

/** `.catch(f)`, `.then(f, g)`, and `.finally(f)` after one of these. */
function isHandled(call: Expression): boolean {
  if (!isCallExpression(call)) return false
  const callee = call.expression
  if (callee.kind !== SyntaxKind.PropertyAccessExpression) return false
  const [, method] = /\.\s*(\w+)$/.exec(callee.getText()) ?? []
  if (method === 'catch') return call.arguments.length > 0
  if (method === 'then') return call.arguments.length > 1
  const before: Node | undefined = callee.forEachChild((node) => node)
  return (
    method === 'finally' && before !== undefined && isCallExpression(before) && isHandled(before)
  )
}
