import { type Logger, type LoggerOptions, pino } from 'pino'

/**
 * One JSON line per event, with the service's name; secrets never reach it (redacted by name).
 * @param service undefined where several share the process and each names itself
 * @param file where the lines go: a path or a file descriptor; default standard output
 */
export function makeLog(
  service: string | undefined,
  level: string,
  file?: string | number,
): Logger {
  const options: LoggerOptions = {
    level,
    base: service === undefined ? null : { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['*.secret', '*.password', '*.authorization', '*.d', 'headers.authorization'],
      censor: '[redacted]',
    },
  }
  return file === undefined ? pino(options) : pino(options, pino.destination(file))
}
