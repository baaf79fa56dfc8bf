import type * as tfjs from '@tensorflow/tfjs';

/** TensorFlow.js, whichever of its packages was loaded: they have the same functions. */
export type Tf = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type Tensor4D = tfjs.Tensor4D;
