/** What is compared in test/helpers/agreement.ts: ways of training, and the oracle. */
import * as tf from '@tensorflow/tfjs';
import type { Preset } from '#shared/presets/index.ts';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { channelBlock } from '#core/engine/backends/channel-block.ts';
import { TensorflowStepper } from '#core/engine/backends/tensorflow/stepper.ts';
import {
  blockedLowerings,
  defaultLowerings,
  deviceLowerings,
  type Lowerings,
} from '#core/engine/ops/lowerings.ts';
import { DeviceStepper } from '#core/engine/training/device-stepper.ts';
import type { CreateStepper } from './agreement.ts';

const choice = { id: 'cpu', label: 'CPU' } as const;

/** TensorFlow.js in plain JavaScript: slow, and made by others. */
export async function oracle(): Promise<CreateStepper> {
  await tf.setBackend('cpu');
  return (options, seed) => new TensorflowStepper(tf, options, seed);
}

/** As a user's training runs. */
export async function cpu(threads: number): Promise<CreateStepper> {
  const backend = await createTrainingBackend(choice, threads);
  return (options, seed) => backend.createStepper(options, seed);
}

/** Families of lowerings, each forced wherever it can be. */
export const families: Record<string, Lowerings> = {
  plain: defaultLowerings,
  'for devices': deviceLowerings,
  // The runtime's kernels know one size of blocks, the processor's.
  'in blocks': blockedLowerings(await channelBlock(createBackend(choice, 1))),
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
  return (options, seed) => new DeviceStepper(backend, { ...options, lowerings }, seed);
}

/** A single sigmoid takes two classes. */
export function classesOf({ classes }: Preset): number {
  return classes === 2 ? 2 : 3;
}

/** Whether rounding grows from step to step whatever computes it: see agreement.ts. */
export function isDeep({ info }: Preset): boolean {
  return /^(resnet|mobilenet|inception)/.test(info.id);
}

/**
 * So many ReLUs behind each other that one of them is likely within rounding of its kink, where the
 * gradient jumps. VGG-16 with ReLU and AdamW differed by 0.7 % in one bias; with SiLU it does not, which
 * fits a kink, though the unit was not looked for.
 */
export function hasManyKinks(preset: Preset): boolean {
  return isDeep(preset) || preset.info.id === 'vgg-16';
}
