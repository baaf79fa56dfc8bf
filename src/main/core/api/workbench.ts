import type { CoreContext } from '../context.ts';
import { greyPicture } from '../workbench/picture.ts';
import { filterPicture, slideNumbers } from '../workbench/slide.ts';
import { bytesFile } from './bytes.ts';
import { os } from './implementer.ts';

export function workbenchApi(context: CoreContext) {
  const { workbench } = os;
  return {
    slide: workbench.slide.handler(({ input, signal }) => slideNumbers(context, input, signal)),
    picture: workbench.picture.handler(async ({ input, signal }) => {
      const { pixels, ...picture } = await greyPicture(context, input, signal);
      return { ...picture, pixels: bytesFile(pixels) };
    }),
    filter: workbench.filter.handler(async ({ input, signal }) => {
      const pixels = new Uint8Array(await input.pixels.arrayBuffer());
      const found = await filterPicture(context, { ...input, pixels }, signal);
      return {
        ...found,
        pixels: bytesFile(found.pixels),
        values: bytesFile(found.values),
        moved: found.moved && {
          input: bytesFile(found.moved.input),
          output: bytesFile(found.moved.output),
        },
      };
    }),
  };
}
