import type { LayerSpec } from '#shared/model-spec.ts';
import { modelError } from './errors.ts';
import type { LayerDef, LayerPlace } from './types.ts';
import { biasOf, kernelOf } from './weights.ts';

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
      `${place.name} cannot follow ${after}: flatten first.`,
      `Add a flatten layer between ${after} and ${place.name}.`,
      { label: 'Insert flatten', before: [{ type: 'flatten' }] },
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
    const fans = { fanIn: inputs, fanOut: units };
    return [kernelOf(spec, [inputs, units], fans), ...biasOf(spec, units)];
  },
  macs: (spec, place) => flatInput(place) * unitsOf(spec, place),
  build({ b, parameter }, spec, x) {
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return b.op('Gemm', inputs);
  },
  activation: (spec) => spec.activation ?? 'linear',
};
