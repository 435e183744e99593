import type { Response } from 'express'

/**
 * RFC 9457 problem document with a numbered code.
 * @param status HTTP status (4xx: the request, 5xx: us)
 */
export function problem(
  res: Response,
  status: number,
  code: string,
  detail: string,
  extras: Record<string, unknown> = {},
): void {
  res
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `https://prooftrail.dev/errors#${code}`,
        title: titleOf(res, code),
        status,
        code,
        detail,
        ...extras,
      }),
    )
}

/** The few words that the code's table has for it; every code of a service is in one. */
function titleOf(res: Response, code: string): string {
  const titles: unknown = res.app?.locals?.titles
  const title = titles instanceof Map ? titles.get(code) : undefined
  return typeof title === 'string' ? title : code
}
