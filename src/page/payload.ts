/** What the page carries beside its program. */
import { pageElements, type PageAbout } from '../shared/exported-page.ts';

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? '';
}

export function readAbout(): PageAbout {
  return JSON.parse(textOf(pageElements.about)) as PageAbout;
}

/** Gzipped bytes from base64. */
export async function readBytes(which: 'model' | 'runtime'): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(textOf(pageElements[which])), (letter) =>
    letter.charCodeAt(0),
  );
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
