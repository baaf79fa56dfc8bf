/** Which file of another program's model is meant: the file itself, or the one in a folder or an upload. */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { uploadSession } from '../library/source.ts';
import type { Uploads } from '../library/uploads.ts';
import { toFileError } from '../util/files.ts';

const modelFile = /\.(keras|h5|hdf5|safetensors|pt|pth)$/i;
/** TensorFlow.js writes its weights beside it. */
const tfjsFile = /^model\.json$/i;

/**
 * @param source a path, or `upload:<session>`
 * @throws AppError NOT_FOUND, INVALID_INPUT where there are several, PERMISSION_DENIED
 */
export async function findModelFile(source: string, uploads: Uploads): Promise<string> {
  const session = uploadSession(source);
  const place = session === null ? source : uploads.directory(session);
  try {
    if (!(await stat(place)).isDirectory()) return place;
    const entries = await readdir(place, { recursive: session !== null, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const found = files.filter(({ name }) => modelFile.test(name) || tfjsFile.test(name));
    // A single file of any other name may be a model all the same: its content says.
    const [only, ...others] = found.length > 0 ? found : files.length === 1 ? files : [];
    const where = session === null ? basename(place) : 'What was chosen';
    if (!only) {
      throw new AppError('NOT_FOUND', `${where} holds no model.`, {
        subject: source,
        hint: 'A Keras model is a .keras or .h5 file, a TensorFlow.js model a model.json with its weight files beside it, weights of PyTorch a .safetensors or .pt file.',
      });
    }
    if (others.length > 0) {
      throw new AppError(
        'INVALID_INPUT',
        `${where} holds ${found.length} models: ${found.map(({ name }) => name).join(', ')}.`,
        { subject: source, hint: 'Choose one of them.' },
      );
    }
    return join(only.parentPath, only.name);
  } catch (error) {
    throw toFileError(error, place);
  }
}
