import { describe, expect, it } from 'vitest';
import { ORPCError } from '@orpc/server';
import { AppError, errorStatus, isCancellation, isErrorCode, toErrorInfo } from '#shared/errors.ts';
import { toWireError } from '#core/api/implementer.ts';

describe('toErrorInfo', () => {
  it('keeps what an AppError says', () => {
    const error = new AppError('NOT_FOUND', 'No such run.', { subject: 'r7' });
    expect(toErrorInfo(error)).toEqual({
      code: 'NOT_FOUND',
      message: 'No such run.',
      hint: undefined,
      subject: 'r7',
    });
  });

  it('calls an abort a cancellation and anything else a bug', () => {
    const aborted = AbortSignal.abort();
    expect(toErrorInfo(aborted.reason).code).toBe('CANCELLED');
    expect(toErrorInfo(new TypeError('x is not a function')).code).toBe('INTERNAL');
    expect(toErrorInfo('text').message).toBe('text');
  });

  it('knows its own codes only', () => {
    expect(isErrorCode('DISK_FULL')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isCancellation(new AppError('CANCELLED', 'Cancelled.'))).toBe(true);
  });
});

describe('toWireError', () => {
  it('carries code, status, message and hint', () => {
    const wire = toWireError(
      new AppError('DISK_FULL', 'The disk is full.', { hint: 'Free some.' }),
    );
    expect(wire).toBeInstanceOf(ORPCError);
    expect(wire.code).toBe('DISK_FULL');
    expect(wire.status).toBe(errorStatus.DISK_FULL);
    expect(wire.defined).toBe(true);
    expect(wire.data).toEqual({ hint: 'Free some.', subject: undefined });
  });

  it('leaves an error alone that is one already', () => {
    const error = new ORPCError('NOT_FOUND', { message: 'x' });
    expect(toWireError(error)).toBe(error);
  });
});
