/** Where a model looks: each method's map of a picture for one class, better and better. */
import type { ResolvedModel } from '../layers/resolve.ts';
import { askedClass, type Asked } from './answer.ts';
import { breathe } from '../breathe.ts';
import { gradCam } from './cam.ts';
import { readPixels } from './images.ts';
import { camLayer } from './layers.ts';
import { occlusion } from './occlusion.ts';
import type { OpenedRun } from './opened-run.ts';
import { saliency, smoothGrad } from './saliency.ts';
import type { AttributionMap, InspectOptions, InspectTasks } from './tasks.ts';

type Input = InspectTasks['attribution']['input'];
type Part = Pick<AttributionMap, 'done' | 'total' | 'height' | 'width' | 'values'>;

/** @throws AppError NOT_FOUND, INVALID_INPUT, SOURCE_UNREADABLE, CANCELLED */
export async function attribute(
  opened: OpenedRun,
  { set, class: wanted, method }: Input,
  { signal, onStep }: InspectOptions<'attribution'>,
): Promise<AttributionMap> {
  const { model } = opened.run;
  const pixels = await readPixels(set, model, 1);
  const asked = await askedClass(opened, pixels, wanted);
  let last: AttributionMap | undefined;
  for await (const part of parts(opened, pixels, asked, method)) {
    if (last) onStep?.(last);
    last = { ...asked, ...part };
    await breathe(signal);
  }
  return last!;
}

async function* parts(
  opened: OpenedRun,
  pixels: Uint8Array,
  asked: Asked,
  method: Input['method'],
): AsyncGenerator<Part, void> {
  const { model } = opened.run;
  const { height, width } = model.input;
  const whole = { height, width, done: 1, total: 1 };
  switch (method.type) {
    case 'cam':
      yield {
        ...whole,
        ...(await gradCam(opened, pixels, layerOf(model, method.layer), asked.class)),
      };
      return;
    case 'saliency':
      yield { ...whole, values: await saliency(opened, pixels, asked.class) };
      return;
    case 'smoothgrad':
      for await (const part of smoothGrad(opened, pixels, asked.class, method)) {
        yield { ...whole, total: method.samples, ...part };
      }
      return;
    case 'occlusion': {
      const patch = method.patch ?? Math.max(2, Math.round(Math.max(height, width) / 7));
      const stride = Math.min(patch, method.stride ?? Math.max(1, Math.round(patch / 4)));
      const options = { ...method, patch, stride };
      for await (const part of occlusion(opened, pixels, asked, options))
        yield { ...whole, ...part };
    }
  }
}

function layerOf(model: ResolvedModel, wanted: string | undefined): string {
  return wanted ?? camLayer(model);
}
