/**
 * The closed set of errors that cross the wire.
 *
 * A message says what happened, to what, and what to do about it. A `code` is for programs. Anything
 * that is not an `AppError` is a bug: it crosses as INTERNAL, and its stack goes to the log.
 */

/** Code → HTTP-like status, as oRPC wants one. */
export const errorStatus = {
  INVALID_INPUT: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  CONFLICT: 409,
  PERMISSION_DENIED: 403,
  DISK_FULL: 507,
  NOT_A_PROJECT: 422,
  PROJECT_TOO_NEW: 422,
  PROJECT_DAMAGED: 422,
  SOURCE_UNREADABLE: 422,
  CLASS_NAMES_NEEDED: 422,
  MODEL_INVALID: 422,
  NOT_ENOUGH_DATA: 422,
  RUN_NOT_READY: 409,
  ENGINE_FAILED: 500,
  /** A step of a training did not fit into memory. */
  OUT_OF_MEMORY: 507,
  /** A training whose loss is no number any more. */
  DIVERGED: 422,
  DECODER_FAILED: 500,
  CANCELLED: 499,
  /** Made by the client when its connection to the core drops. */
  DISCONNECTED: 503,
  INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

export interface AppErrorOptions {
  /** What the user can do next, as one short sentence. */
  hint?: string;
  /** The file, folder, layer or class that the error is about. */
  subject?: string;
  cause?: unknown;
}

/** An error that a user can act on. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly subject: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = options.hint;
    this.subject = options.subject;
  }
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorStatus, code);
}

/** Whether an unknown error means 'the user asked to stop', which is a result and not a failure. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'CANCELLED';
  return error instanceof Error && error.name === 'AbortError';
}

/** What an error looks like where it is stored or sent as data (a job's failure, a log line). */
export interface ErrorInfo {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  subject?: string | undefined;
}

/** The other way round, on the far side of a channel. */
export function fromErrorInfo({ code, message, hint, subject }: ErrorInfo): AppError {
  return new AppError(code, message, {
    ...(hint === undefined ? {} : { hint }),
    ...(subject === undefined ? {} : { subject }),
  });
}

/** Any thrown value as data. Bugs keep their message: hiding it would only hide the way to a fix. */
export function toErrorInfo(error: unknown): ErrorInfo {
  if (error instanceof AppError) {
    return { code: error.code, message: error.message, hint: error.hint, subject: error.subject };
  }
  if (isCancellation(error)) return { code: 'CANCELLED', message: 'Cancelled.' };
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
  };
}
