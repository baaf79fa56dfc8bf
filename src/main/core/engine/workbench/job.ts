/** What the convolution workbench asks of the engine; survives structured cloning. */
import type { GreyScale, SlideOperation, SlidePadding } from '#shared/contract/index.ts';

/** Numbers in one, two or three dimensions, row by row. */
export interface Numbers {
  shape: number[];
  data: Float32Array;
}

export interface SlideJob {
  input: Numbers;
  operation: SlideOperation;
  /** One for each axis. */
  strides: number[];
  padding: SlidePadding;
  /** Places to move the input by along each axis, to see what becomes of the output. */
  move?: number[] | null | undefined;
  /** Whether what each position saw is wanted: as many numbers as output × window. */
  steps?: boolean | undefined;
  /** Two dimensions only: the output as grey levels too. */
  show?: GreyScale | undefined;
}

export interface SlideResult {
  output: Numbers;
  /** Zeros before and after each axis. */
  before: number[];
  after: number[];
  /** As it lies on the input; null for pools. */
  kernel: Numbers | null;
  /** [positions, window]; products are null for pools. */
  steps: { size: number; windows: Float32Array; products: Float32Array | null } | null;
  moved: { input: Numbers; output: Numbers } | null;
  picture: { pixels: Uint8Array; least: number; most: number } | null;
}
