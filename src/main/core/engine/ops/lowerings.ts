/**
 * Several ways to compute the same gradient, of which no one is the fastest for every shape. A
 * policy names one per node; the numbers agree up to rounding, which test/gradients checks.
 */
import type { ConvGeometry } from './conv/geometry.ts';

/** See conv/weight-gradient.ts. */
export const weightLoweringNames = [
  'batch-as-channels',
  'batch-blocks',
  'im2col-gemm',
  'shifted-gemm',
  'shifted-gemms',
] as const;
export type ConvWeightLowering = (typeof weightLoweringNames)[number];
/** See conv/input-gradient.ts. */
export const inputLoweringNames = ['conv-transpose', 'flipped-conv', 'gemm-col2im'] as const;
export type ConvInputLowering = (typeof inputLoweringNames)[number];
/** See relu-gradient.ts. */
export type ReluLowering = 'where' | 'sign' | 'cast';
/** See max-pool-gradient.ts. */
export type MaxPoolLowering = 'unpool' | 'compare' | 'late' | 'scatter' | 'windows';
/** See layers/conv-pool.ts. */
export type ConvPoolLowering = 'pool' | 'phases';

export interface Lowerings {
  /** Channels of a block for `engine/blocked`; 1 where the runtime has no such kernels. */
  block: number;
  convWeight(geometry: ConvGeometry): ConvWeightLowering;
  convInput(geometry: ConvGeometry): ConvInputLowering;
  /** Bytes of windows that im2col-gemm puts side by side before it multiplies them. */
  windowBytes: number;
  relu: ReluLowering;
  /** A wish: max-pool-gradient.ts uses what is right for the window. */
  maxPool: MaxPoolLowering;
  /** Parameters out of their vector: one node, or one each. */
  unpack: 'split' | 'slices';
  /** A convolution straight before a max pool, in training. */
  convPool(inChannels: number): ConvPoolLowering;
}

/** Output positions of one image below which a GEMM for each image wastes most of its width. */
const FEW_POSITIONS = 16;

/** Output positions above which a convolution with dy as its kernel falls out of the cache. */
const MANY_POSITIONS = 256;

/** Rules of thumb from test/benchmarks on ONNX Runtime's CPU provider. */
export const defaultLowerings: Lowerings = {
  convWeight: ({ inChannels, outHeight, outWidth }) =>
    inChannels < 8 && outHeight * outWidth <= MANY_POSITIONS ? 'batch-as-channels' : 'im2col-gemm',
  convInput: ({ outHeight, outWidth }) =>
    outHeight * outWidth <= FEW_POSITIONS ? 'gemm-col2im' : 'conv-transpose',
  block: 1,
  windowBytes: 4 * 1024 ** 2,
  relu: 'cast',
  maxPool: 'compare',
  unpack: 'split',
  convPool: (inChannels) => (inChannels < 8 ? 'phases' : 'pool'),
};

/**
 * For devices other than the CPU: operators that WebGPU has too (no Col2Im, no places of a pool's
 * winners), and few large ones instead of many small ones.
 */
export const deviceLowerings: Lowerings = {
  ...defaultLowerings,
  convInput: () => 'conv-transpose',
  windowBytes: 64 * 1024 ** 2,
  maxPool: 'windows',
  // A shader of WebGPU may have as few as eight buffers.
  unpack: 'slices',
  convPool: () => 'pool',
};

/** For graphs that go through `engine/blocked`, where convolutions beat every product of windows. */
export function blockedLowerings(block: number): Lowerings {
  if (block === 1) return defaultLowerings;
  const whole = (count: number) => count % block === 0;
  return {
    ...defaultLowerings,
    block,
    // A single tap is a single product, and nothing has to be laid out for it.
    convWeight: (g) =>
      g.group === 1 && whole(g.outChannels) && g.kernel[0] * g.kernel[1] > 1
        ? 'batch-blocks'
        : defaultLowerings.convWeight(g),
    convInput: (g) =>
      g.group === 1 && whole(g.inChannels) && (whole(g.outChannels) || g.outChannels < block)
        ? 'flipped-conv'
        : defaultLowerings.convInput(g),
    maxPool: 'late',
  };
}
