import { pino, type Logger } from 'pino';

export type { Logger };

/** A logger to standard error, so that standard output stays the command line's own. */
export function createLogger(level = process.env['FOVEA_LOG'] ?? 'warn'): Logger {
  return pino({ level, base: null }, pino.destination({ fd: 2, sync: true }));
}
