// Packages of this repository resolve to their sources (export condition `@prooftrail/source`).
export function resolve(specifier, context, next) {
  return next(specifier, { ...context, conditions: ['@prooftrail/source', ...context.conditions] })
}
