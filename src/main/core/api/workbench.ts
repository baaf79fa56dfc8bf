import type { CoreContext } from '../context.ts';
import { greyPicture } from '../workbench/picture.ts';
import { filterPicture, slideNumbers } from '../workbench/slide.ts';
import { os } from './implementer.ts';

/** Blobs copy; the arrays own their memory whole. */
function bytesFile(bytes: Uint8Array | Uint8ClampedArray | Float32Array, name: string): File {
  const parts = [bytes] as Uint8Array<ArrayBuffer>[];
  return new File(parts, name, { type: 'application/octet-stream' });
}

export function workbenchApi(context: CoreContext) {
  const { workbench } = os;
  return {
    slide: workbench.slide.handler(({ input, signal }) => slideNumbers(context, input, signal)),
    picture: workbench.picture.handler(async ({ input, signal }) => {
      const { pixels, ...picture } = await greyPicture(context, input, signal);
      return { ...picture, pixels: bytesFile(pixels, 'pixels') };
    }),
    filter: workbench.filter.handler(async ({ input, signal }) => {
      const pixels = new Uint8Array(await input.pixels.arrayBuffer());
      const found = await filterPicture(context, { ...input, pixels }, signal);
      return {
        ...found,
        pixels: bytesFile(found.pixels, 'pixels'),
        values: bytesFile(found.values, 'values'),
        moved: found.moved && {
          input: bytesFile(found.moved.input, 'input'),
          output: bytesFile(found.moved.output, 'output'),
        },
      };
    }),
  };
}
