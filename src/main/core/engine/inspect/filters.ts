import type { KernelShape } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { groupSimilar, normOf } from './group-similar.ts';
import { biasOf, requireLayer } from './layers.ts';

export interface Filters {
  layer: string;
  kernel: KernelShape;
  seesImage: boolean;
  /** filters × channels × height × width. */
  values: Float32Array;
  biases: number[] | null;
  norms: number[];
  faint: boolean[];
  groups: number[][];
}

/** A filter whose norm is this share of the median filter's, or less, does nothing that one could see. */
const FAINT = 0.01;

/**
 * A layer's kernels, in the order of its filters.
 * @param wanted which of a separable convolution's two; the first unless given
 * @throws AppError NOT_FOUND, INVALID_INPUT for a layer without kernels
 */
export function readFilters(run: LoadedRun, name: string, wanted?: string): Filters {
  const layer = requireLayer(run.model, name);
  const kernel = layer.kernels.find((each) => wanted === undefined || each.name === wanted);
  if (!kernel) {
    const hint = 'Choose a convolution.';
    throw new AppError('INVALID_INPUT', `${name} has no ${wanted ?? 'filters'}.`, {
      subject: name,
      hint,
    });
  }
  const stored = parameter(run, `${layer.inside ?? name}/${kernel.name}`);
  const values = layer.type === 'Conv2DTranspose' ? byFilter(stored, kernel) : stored;
  const size = kernel.channels * kernel.height * kernel.width;
  const norms = Array.from({ length: kernel.filters }, (_, filter) =>
    normOf(values.subarray(filter * size, (filter + 1) * size)),
  );
  const median = norms.toSorted((a, b) => a - b)[Math.floor(norms.length / 2)] ?? 0;
  const biases = run.parameters.get(biasOf(run.model, layer))?.data;
  return {
    layer: name,
    kernel,
    seesImage: layer.seesImage,
    values,
    biases: biases?.length === kernel.filters ? [...biases] : null,
    norms,
    faint: norms.map((norm) => norm <= FAINT * median),
    groups: groupSimilar(values, size),
  };
}

function parameter(run: LoadedRun, name: string): Float32Array {
  const found = run.parameters.get(name);
  if (!found) throw new RangeError(`no parameter is called ${name}`);
  return found.data;
}

/** channels × filters × … → filters × channels × …. */
function byFilter(stored: Float32Array, { filters, channels, height, width }: KernelShape) {
  const size = height * width;
  const values = new Float32Array(stored.length);
  for (let filter = 0; filter < filters; filter++) {
    for (let channel = 0; channel < channels; channel++) {
      const from = (channel * filters + filter) * size;
      values.set(stored.subarray(from, from + size), (filter * channels + channel) * size);
    }
  }
  return values;
}
