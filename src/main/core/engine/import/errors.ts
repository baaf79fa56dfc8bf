import { AppError } from '#shared/errors.ts';

/** The file is no model, is damaged, or is more than can be read. */
export function unreadable(file: string, why: string, hint?: string): AppError {
  return new AppError('SOURCE_UNREADABLE', `${file} cannot be read as an ONNX model: ${why}.`, {
    subject: file,
    hint: hint ?? 'Export the model again, as an ONNX file with its weights inside.',
  });
}

/** The file is a model, but not one that can be used here. */
export function unusable(file: string, why: string, hint?: string): AppError {
  return new AppError('MODEL_INVALID', `${file} cannot be used: ${why}.`, {
    subject: file,
    hint: hint ?? 'Use another model, or export this one again for inference.',
  });
}

/** An operator, or a way of using it, that `translate` does not know. `message` ends a sentence. */
export class Untranslatable extends Error {
  override name = 'Untranslatable';
}
