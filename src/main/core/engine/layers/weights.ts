import type { InitializerName } from '#shared/model-spec.ts';
import type { ParameterSpec } from './types.ts';

/** What the specs of all layers with a kernel and a bias have in common. */
export interface WeightedSpec {
  bias?: boolean | undefined;
  kernelInitializer?: InitializerName | undefined;
  biasInitializer?: InitializerName | undefined;
  l2?: number | undefined;
}

export function kernelOf(
  spec: WeightedSpec,
  shape: readonly number[],
  fans: { fanIn: number; fanOut: number },
  name = 'kernel',
): ParameterSpec {
  return {
    name,
    shape,
    initializer: { type: spec.kernelInitializer ?? 'glorotUniform', ...fans },
    kind: 'weight',
    ...(spec.l2 ? { l2: spec.l2 } : {}),
  };
}

/** None where the spec says so. */
export function biasOf(spec: WeightedSpec, units: number): ParameterSpec[] {
  if (spec.bias === false) return [];
  const type = spec.biasInitializer ?? 'zeros';
  return [
    {
      name: 'bias',
      shape: [units],
      initializer: { type, fanIn: units, fanOut: units },
      kind: 'weight',
    },
  ];
}
