/** Files whose path the page may not know: their bytes are sent to where the core can read them. */
import type { FoveaClient } from '#shared/contract/index.ts';
import { uploadUrl } from '#shared/media-urls.ts';
import type { DroppedFile } from './dropped-files.ts';

const UPLOADS_AT_ONCE = 6;

/** Answers the name by which calls take them as a source: `upload:<session>`. */
export async function uploadFiles(
  api: Pick<FoveaClient, 'files'>,
  files: readonly DroppedFile[],
  signal: AbortSignal,
  onFile: () => void = () => undefined,
): Promise<string> {
  const { session } = await api.files.createUpload();
  const queue = files.values();
  const worker = async (): Promise<void> => {
    for (const { path, file } of queue) {
      await put(uploadUrl(session, path), file, signal);
      onFile();
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
  return `upload:${session}`;
}

async function put(url: string, file: File, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { method: 'PUT', body: file, signal });
  if (!response.ok) {
    throw new Error(
      `“${file.name}” could not be copied: ${(await response.text()) || response.statusText}`,
    );
  }
}
