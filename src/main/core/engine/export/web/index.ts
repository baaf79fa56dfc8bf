/** One HTML file: the page that `src/page` is built to, with the ONNX model inside. */
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { AppError } from '#shared/errors.ts';
import { PAGE_DATA, pageElements, type PageAbout } from '#shared/exported-page.ts';
import { entries } from '../../../entries.ts';
import type { Converter, ModelSource } from '../converter.ts';
import { exportGraph, onnxBytes } from '../onnx.ts';

export const toWebPage: Converter = async (source) => {
  const page = fillPage(await template(), aboutOf(source), onnxBytes(source, exportGraph(source)));
  return { [`${source.name}.html`]: [Buffer.from(page)] };
};

async function template(): Promise<string> {
  try {
    return await readFile(entries.page, 'utf8');
  } catch (error) {
    throw new AppError('NOT_FOUND', 'The page that models are put into is not there.', {
      subject: entries.page,
      hint: 'In a checkout, run npm run build once.',
      cause: error,
    });
  }
}

function aboutOf({ model, classNames, metadata, name }: ModelSource): PageAbout {
  const images = Number(metadata['train_images'] ?? 0).toLocaleString('en-US');
  const from = [metadata['run_name'], metadata['run'], metadata['producer']].filter(Boolean);
  return {
    title: metadata['project'] ?? name,
    origin: [`${model.name}, trained on ${images} images`, ...from].join(' · '),
    classes: classNames,
    channels: model.input.channels,
  };
}

/** The template with its data; nothing in names or numbers can end the element that they are in. */
export function fillPage(page: string, about: PageAbout, model: Uint8Array): string {
  const json = JSON.stringify(about).replaceAll('<', '\\u003c');
  const base64 = gzipSync(model).toString('base64');
  const data = `<script type="application/json" id="${pageElements.about}">${json}</script>
    <script type="text/plain" id="${pageElements.model}">${base64}</script>`;
  // A function: the text of a replacement has a meaning of its own.
  return page.replace(PAGE_DATA, () => data);
}
