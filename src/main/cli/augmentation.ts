import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { augmentationSpec, type AugmentationSpec } from '#shared/augmentation.ts';
import { augmentationPresets, findAugmentation } from '#shared/augmentations/presets.ts';
import { AppError } from '#shared/errors.ts';
import { fromWorkingFolder } from './paths.ts';

/** Help for an option that takes one. */
export const augmentationHelp = 'an augmentation by id, a JSON file with one, or none';

/**
 * The augmentation that an option names.
 * @throws AppError NOT_FOUND for what is neither an id nor a file, INVALID_INPUT for a wrong file
 */
export async function readAugmentation(text: string): Promise<AugmentationSpec | null> {
  if (text === 'none') return null;
  const preset = findAugmentation(text);
  if (preset) return preset.spec;
  let json: string;
  try {
    json = await readFile(fromWorkingFolder(text), 'utf8');
  } catch (cause) {
    throw new AppError('NOT_FOUND', `There is no augmentation and no file '${text}'.`, {
      subject: text,
      hint: `Give a file, or one of: none, ${augmentationPresets.map(({ id }) => id).join(', ')}.`,
      cause,
    });
  }
  try {
    return augmentationSpec.parse(JSON.parse(json));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new AppError('INVALID_INPUT', `${text} holds no augmentation: ${why}`, { subject: text });
  }
}
