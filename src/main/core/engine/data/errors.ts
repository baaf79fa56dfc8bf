import { AppError } from '#shared/errors.ts';

const hint = 'Delete the project’s cache folder and try again: it is made anew.';

export function unreadablePack(file: string, cause: unknown): AppError {
  return new AppError('SOURCE_UNREADABLE', `The prepared images in ${file} cannot be read.`, {
    subject: file,
    hint,
    cause,
  });
}

export function checkLength(what: string, found: number, needed: number): void {
  if (found >= needed) return;
  throw new AppError(
    'SOURCE_UNREADABLE',
    `${what}: ${found} bytes of prepared images, but ${needed} are needed.`,
    { subject: what, hint },
  );
}
