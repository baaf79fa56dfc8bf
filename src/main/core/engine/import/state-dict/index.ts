/** The weights of a PyTorch state dict for a model that is known, as parameters. */
import { modelSpec, type ModelSpec } from '#shared/model-spec.ts';
import { AppError } from '#shared/errors.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import {
  SPEC_KEY,
  stateDictEntries,
  turn,
  type StateDictEntry,
} from '../../export/pytorch/state-dict.ts';
import { resolveModel, type ResolvedModel } from '../../layers/resolve.ts';
import type { StateDict } from './tensors.ts';
import { imageNet, torchvisionResNet } from './torchvision.ts';

/** Counts of batches, which are no weights. */
const uncounted = (name: string): boolean => !name.endsWith('num_batches_tracked');

export interface NamedWeights {
  spec: ModelSpec;
  parameters: Map<string, FloatTensor>;
}

/**
 * @param chosen the model that the weights are for; else the one that the file names
 * @throws AppError MODEL_INVALID naming the first tensor that is missing, left over or of another shape
 */
export function weightsOf(
  { tensors, metadata }: StateDict,
  chosen: ModelSpec | null,
  classes: number,
  { subject, pixels }: { subject: string; pixels: '0-1' | '0-255' | null },
): NamedWeights {
  const given = chosen ?? specIn(metadata);
  if (!given) {
    throw new AppError(
      'MODEL_INVALID',
      `${subject} holds weights without the model that they are for.`,
      {
        subject,
        hint: 'Say which model it is, for example --preset resnet-18.',
      },
    );
  }
  const names = new Map(
    [...tensors.keys()].filter(uncounted).map((name) => [plainName(name), name]),
  );
  const model = resolveModel(given, classes);
  const entries = stateDictEntries(model);
  const foreign = torchvisionResNet(new Set(names.keys()));
  const keys = foreign ?? entries.map(({ key }) => key);
  const parameters = new Map<string, FloatTensor>();
  for (const [index, entry] of entries.entries()) {
    const key = keys[index] ?? entry.key;
    const found = tensors.get(names.get(key) ?? '');
    if (!found) throw unfit(subject, `${key} is missing, the ${what(entry)}`, model);
    if (found.shape.join() !== entry.shape.join()) {
      const [theirs, ours] = [found.shape, entry.shape].map((shape) => `[${shape.join(', ')}]`);
      throw unfit(subject, `${key} is ${theirs}, but the ${what(entry)} is ${ours}`, model);
    }
    names.delete(key);
    const data = found.read();
    if (entry.parameter === null) sameAs(entry.fill, data, subject, key, model);
    else parameters.set(entry.parameter, inOurOrder(entry, data));
  }
  const [left] = names.keys();
  if (left !== undefined)
    throw unfit(subject, `it has ${left}, for which there is no place`, model);
  return { spec: foreign && pixels === null ? normalized(given) : given, parameters };
}

function specIn(metadata: StateDict['metadata']): ModelSpec | null {
  try {
    return modelSpec.parse(JSON.parse(metadata[SPEC_KEY] ?? 'null'));
  } catch {
    return null;
  }
}

/** Trained on several devices, or compiled, models have another name around. */
const plainName = (name: string): string => name.replace(/^(module\.|_orig_mod\.)+/, '');

const what = ({ parameter, key }: StateDictEntry): string =>
  parameter === null ? `model’s ${key}` : `model’s ${parameter}`;

function inOurOrder({ turned, shape }: StateDictEntry, data: Float32Array): FloatTensor {
  return turned ? { shape: shape.toReversed(), data: turn(data, shape) } : { shape, data };
}

/** What the model does not have may be there only as if it were not. */
function sameAs(
  fill: number,
  data: Float32Array,
  subject: string,
  key: string,
  model: ResolvedModel,
): void {
  if (data.some((value) => value !== fill)) {
    throw unfit(subject, `its ${key} is not ${fill}, which is all that the model can be`, model);
  }
}

/** torchvision's weights want pixels as ImageNet was given to them. */
function normalized(spec: ModelSpec): ModelSpec {
  if (spec.input.channels !== 3 || spec.layers[0]?.type === 'normalization') return spec;
  return { ...spec, layers: [{ type: 'normalization', ...imageNet }, ...spec.layers] };
}

function unfit(subject: string, what: string, { name, classes }: ResolvedModel): AppError {
  return new AppError(
    'MODEL_INVALID',
    `${subject} is not of ${name} for ${classes} classes: ${what}.`,
    {
      subject,
      hint: 'Choose the model that the weights are of, and name its classes.',
    },
  );
}
