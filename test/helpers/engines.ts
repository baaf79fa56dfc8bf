/** What is compared by test/helpers/agreement.ts. */
import type { Preset } from '#shared/presets/index.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { blockedLowerings, defaultLowerings, type Lowerings } from '#core/engine/ops/lowerings.ts';
import { StepRunner } from '#core/engine/training/step-runner.ts';
import type { CreateStepper } from './agreement.ts';

const choice = { id: 'cpu', label: 'CPU' } as const;

/** As a user's training runs. */
export async function cpu(threads: number): Promise<CreateStepper> {
  const backend = await createTrainingBackend(choice, threads);
  return (options, seed) => backend.createStepper(options, seed);
}

/** Families of lowerings, each forced wherever it can be. */
export const families: Record<string, Lowerings> = {
  'in blocks of 8': blockedLowerings(8),
  'in blocks of 16': blockedLowerings(16),
  'shifted products': {
    ...defaultLowerings,
    convWeight: () => 'shifted-gemm',
    convInput: () => 'flipped-conv',
    relu: 'where',
    maxPool: 'unpool',
    convPool: () => 'pool',
  },
  'many shifted products': {
    ...defaultLowerings,
    convWeight: () => 'shifted-gemms',
    convInput: () => 'gemm-col2im',
    relu: 'sign',
    maxPool: 'scatter',
    convPool: () => 'phases',
  },
  'batch as channels': {
    ...defaultLowerings,
    convWeight: () => 'batch-as-channels',
    convInput: () => 'conv-transpose',
    windowBytes: 1024,
  },
};

export function cpuWith(lowerings: Lowerings): CreateStepper {
  const backend = createBackend(choice, 1);
  return (options, seed) => new StepRunner(backend, { ...options, lowerings }, seed);
}

/** One session, one thread, the simplest graph: what test/gradients holds against TensorFlow.js. */
export const plain = cpuWith(defaultLowerings);

/** A single sigmoid takes two classes. */
export function classesOf({ classes }: Preset): number {
  return classes === 2 ? 2 : 3;
}

/** Whether rounding grows from step to step whatever computes it: see agreement.ts. */
export function isDeep({ info }: Preset): boolean {
  return /^(resnet|mobilenet|inception)/.test(info.id);
}
