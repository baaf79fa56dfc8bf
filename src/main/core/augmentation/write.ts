import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CoreContext } from '../context.ts';
import type { Project } from '../projects/project.ts';
import { toFileError } from '../util/files.ts';
import { previewDraws, type PreviewRequest } from './preview.ts';

/**
 * Writes `<image>-original.png` and `<image>-epoch-<n>.png` for epochs 1 to `count`.
 * @returns their paths
 * @throws AppError as previewDraws, PERMISSION_DENIED, DISK_FULL
 */
export async function writeDraws(
  context: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  request: PreviewRequest & { count: number; directory: string },
  signal?: AbortSignal,
): Promise<string[]> {
  const { count, directory, image, size } = request;
  const draws = Array.from({ length: count }, (_, index) => ({ epoch: index + 1 }));
  const { original, pixels } = await previewDraws(context, project, { ...request, draws }, signal);
  const digits = String(count).length;
  const pictures = [
    { name: `${image}-original.png`, data: original },
    ...draws.map(({ epoch }, index) => ({
      name: `${image}-epoch-${String(epoch).padStart(digits, '0')}.png`,
      data: pixels.subarray(index * original.length, (index + 1) * original.length),
    })),
  ];
  try {
    await mkdir(directory, { recursive: true });
    return await Promise.all(
      pictures.map(async ({ name, data }) => {
        const file = join(directory, name);
        await writeFile(file, await context.decoders.encode({ data, ...size }, { signal }));
        return file;
      }),
    );
  } catch (error) {
    throw toFileError(error, directory);
  }
}
