import type { LayerSpec } from '#shared/model-spec.ts';
import { modelError } from './errors.ts';
import type { LayerDef, LayerPlace } from './types.ts';

type Spec = Extract<LayerSpec, { type: 'dense' }>;

function unitsOf(spec: Spec, place: LayerPlace): number {
  return spec.units === 'classes' ? place.classes : spec.units;
}

function flatInput(place: LayerPlace): number {
  const [size] = place.input;
  if (place.input.length !== 1 || size === undefined) {
    const after = place.previous ?? 'the input';
    throw modelError(
      place.name,
      `${place.name} needs a flat input: flatten after ${after} first.`,
      `Add a flatten layer between ${after} and ${place.name}.`,
    );
  }
  return size;
}

export const dense: LayerDef<Spec> = {
  className: 'Dense',
  autoName: 'dense',
  output(spec, place) {
    flatInput(place);
    return [unitsOf(spec, place)];
  },
  parameters(spec, place) {
    const inputs = flatInput(place);
    const units = unitsOf(spec, place);
    const kernel = {
      name: 'kernel',
      shape: [inputs, units],
      initializer: { type: 'glorot-uniform', fanIn: inputs, fanOut: units },
      kind: 'weight',
    } as const;
    if (spec.bias === false) return [kernel];
    return [
      kernel,
      { name: 'bias', shape: [units], initializer: { type: 'zeros' }, kind: 'weight' },
    ];
  },
  build({ b, parameter }, spec, x) {
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return b.op('Gemm', inputs);
  },
  activation: (spec) => spec.activation ?? 'linear',
};
