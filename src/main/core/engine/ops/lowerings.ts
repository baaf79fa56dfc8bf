/**
 * Several ways to compute the same gradient, of which no one is the fastest for every shape. A
 * policy names one per node; the numbers agree up to rounding, which test/gradients checks.
 */
import type { ConvGeometry } from './conv/geometry.ts';

/** See conv/weight-gradient.ts. */
export const weightLoweringNames = [
  'batch-as-channels',
  'im2col-gemm',
  'shifted-gemm',
  'shifted-gemms',
] as const;
export type ConvWeightLowering = (typeof weightLoweringNames)[number];
/** See conv/input-gradient.ts. */
export type ConvInputLowering = 'conv-transpose' | 'flipped-conv';
/** See relu-gradient.ts. */
export type ReluLowering = 'where' | 'sign' | 'cast';
/** See max-pool-gradient.ts. */
export type MaxPoolLowering = 'unpool' | 'scatter';

export interface Lowerings {
  convWeight(geometry: ConvGeometry): ConvWeightLowering;
  convInput(geometry: ConvGeometry): ConvInputLowering;
  relu: ReluLowering;
  /** Used where windows do not overlap; overlapping ones always scatter. */
  maxPool: MaxPoolLowering;
}

/** Rules of thumb from test/benchmarks on ONNX Runtime's CPU provider. */
export const defaultLowerings: Lowerings = {
  convWeight: ({ inChannels }) => (inChannels < 8 ? 'batch-as-channels' : 'im2col-gemm'),
  convInput: () => 'conv-transpose',
  relu: 'sign',
  maxPool: 'unpool',
};
