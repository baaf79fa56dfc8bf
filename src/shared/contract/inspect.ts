/** Looking inside a trained run: its filters, what they answer to a picture, and why it says what it says. */
import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, imageId, inProject, runId } from './base.ts';
import { checkpoint } from './evaluation.ts';
import { inputSize, layerPath } from './models.ts';

/** A convolution's weights: how many kernels, each of which size. */
export const kernelShape = z.object({
  /** 'kernel', or of a separable convolution 'depthwise_kernel' and 'pointwise_kernel'. */
  name: z.string(),
  filters: z.number().int(),
  /** That each filter reads; 1 in a depthwise convolution. */
  channels: z.number().int(),
  height: z.number().int(),
  width: z.number().int(),
});
export type KernelShape = z.infer<typeof kernelShape>;

/** A layer that gives out images: one feature map a channel. */
export const inspectLayer = z.object({
  name: z.string(),
  /** As Keras calls it: 'Conv2D'. */
  type: z.string(),
  /** 'other': activations, normalisations, the joints of blocks. */
  kind: z.enum(['conv', 'pool', 'other']),
  path: layerPath,
  /** Of its output. */
  height: z.number().int(),
  width: z.number().int(),
  channels: z.number().int(),
  /** Of a convolution: one, or two if it is separable. */
  kernels: z.array(kernelShape),
  /** It reads the picture itself, unscaled or scaled: three channels are red, green and blue. */
  seesImage: z.boolean(),
});
export type InspectLayer = z.infer<typeof inspectLayer>;

export const filterBank = z.object({
  layer: z.string(),
  kernel: kernelShape,
  /** Three channels are red, green and blue. */
  seesImage: z.boolean(),
  /** float32, little-endian: filters × channels × height × width. */
  values: z.file(),
  /** One a filter; null where the layer has none. */
  biases: z.array(z.number()).nullable(),
  /** √Σw² of each filter. */
  norms: z.array(z.number()),
  /** Norm below a hundredth of the median: as good as nothing. */
  faint: z.array(z.boolean()),
  /** Filters that point the same way, side by side; joined, an order of all of them. */
  groups: z.array(z.array(z.number().int())),
});
export type FilterBank = z.infer<typeof filterBank>;

/** A picture to look at: of the library, an image file (a path, or its bytes), or the model's own input. */
export const inspectSource = z.union([
  z.object({ image: imageId }),
  z.object({ file: z.union([z.string().min(1), z.file()]) }),
  /** uint8, height × width × channels as the model takes them. */
  z.object({ pixels: z.file() }),
]);
export type InspectSource = z.infer<typeof inspectSource>;

/** Over a whole feature map. */
export const channelStats = z.object({
  mean: z.number(),
  /** Population standard deviation. */
  deviation: z.number(),
  least: z.number(),
  most: z.number(),
  /** Share of numbers that are exactly 0: what ReLU turned off. */
  zeros: z.number(),
});
export type ChannelStats = z.infer<typeof channelStats>;

export const mapTiles = z.object({
  layer: z.string(),
  /** Of the feature maps. */
  height: z.number().int(),
  width: z.number().int(),
  channels: z.array(channelStats),
  /** Share of the layer's numbers that are exactly 0. */
  zeros: z.number(),
  /** Of a tile: the map's, or smaller if the map is larger than was asked for. */
  tileHeight: z.number().int(),
  tileWidth: z.number().int(),
  /** Where this layer's tiles begin, one a channel. */
  offset: z.number().int(),
});
export type MapTiles = z.infer<typeof mapTiles>;

/** How to find out where a model looks. */
export const attributionMethod = z.discriminatedUnion('type', [
  /** Grad-CAM: places of a layer (the last convolution unless given) that speak for the class. */
  z.object({ type: z.literal('cam'), layer: z.string().optional() }),
  /** The probability lost where a square covers the picture; negative where it gains. */
  z.object({
    type: z.literal('occlusion'),
    /** Edge of the square in pixels of the model's input; a seventh of its edge unless given. */
    patch: z.number().int().min(1).max(1024).optional(),
    /** Pixels between places; a quarter of the square unless given. */
    stride: z.number().int().min(1).max(1024).optional(),
    fill: z.enum(['grey', 'black', 'white', 'mean']).default('grey'),
  }),
  /** How fast the class's score changes with each pixel, by size. */
  z.object({ type: z.literal('saliency') }),
  /** The same, as the mean over noisy copies of the picture. */
  z.object({
    type: z.literal('smoothgrad'),
    samples: z.number().int().min(1).max(1000).default(48),
    /** Standard deviation as a share of the picture's range. */
    noise: z.number().min(0).max(1).default(0.15),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
  }),
]);
export type AttributionMethod = z.infer<typeof attributionMethod>;

/** A map as far as it is; the last of a stream is done. */
export const attributionMap = z.object({
  done: z.number().int(),
  total: z.number().int(),
  /** Index in the run's classes. */
  class: z.number().int(),
  /** What the model gives this class for the picture as it is. */
  probability: z.number(),
  /** Of the map: the layer's for Grad-CAM, else the model's input. */
  height: z.number().int(),
  width: z.number().int(),
  /** height × width, as `#shared/float-text.ts` packs numbers. */
  values: z.string(),
});
export type AttributionMap = z.infer<typeof attributionMap>;

export const inRun = inProject.extend({ run: runId, checkpoint: checkpoint.default('best') });
const ofPicture = inRun.extend({ source: inspectSource });

export const inspectContract = {
  /** Layers that give out feature maps, in the order in which they compute; needs no training yet. */
  layers: call.input(inProject.extend({ run: runId })).output(
    z.object({
      input: inputSize,
      layers: z.array(inspectLayer),
      /** Where Grad-CAM looks unless told; null if no layer gives out images. */
      camLayer: z.string().nullable(),
    }),
  ),
  /** Kernels as numbers; `#shared/inspect/kernels.ts` scales them for showing. */
  filters: call
    .input(inRun.extend({ layer: z.string(), kernel: z.string().optional() }))
    .output(filterBank),
  /** What the model sees of a picture: uint8, height × width × channels. */
  pixels: call.input(ofPicture).output(inputSize.extend({ pixels: z.file() })),
  /**
   * Every channel of many layers as small tiles of bytes: less its mean, divided by its deviation,
   * × 64 + 128, clipped.
   */
  maps: call
    .input(
      ofPicture.extend({
        /** All convolutions and pools unless given. */
        layers: z.array(z.string()).min(1).optional(),
        /** Longest edge of a tile. */
        edge: z.number().int().min(4).max(4096).default(64),
      }),
    )
    .output(
      z.object({
        layers: z.array(mapTiles),
        tiles: z.file(),
        /** What the model says of the picture, in the order of the run's classes. */
        probabilities: z.array(z.number()),
      }),
    ),
  /** A layer's feature maps as numbers, whole. */
  activations: call
    .input(
      ofPicture.extend({
        layer: z.string(),
        /** All unless given. */
        channels: z.array(z.number().int().min(0)).min(1).optional(),
      }),
    )
    .output(
      z.object({
        height: z.number().int(),
        width: z.number().int(),
        /** Index of each map. */
        channels: z.array(z.number().int()),
        stats: z.array(channelStats),
        /** float32, little-endian: channels × height × width. */
        values: z.file(),
      }),
    ),
  /**
   * Where the model looks: what each place of a picture does for a class. Maps come as they get
   * better; leaving the stream ends the work.
   */
  explain: call
    .input(
      ofPicture.extend({
        method: attributionMethod,
        /** Index in the run's classes; what the model says unless given. */
        class: z.number().int().min(0).optional(),
      }),
    )
    .output(eventIterator(attributionMap)),
};
