// Packages of this repository resolve to their sources (export condition `source`).
export function resolve(specifier, context, next) {
  return next(specifier, { ...context, conditions: ['source', ...context.conditions] })
}
