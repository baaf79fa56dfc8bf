/** Looking inside a trained run: its filters, what they answer to a picture, and why it says what it says. */
import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, classId, imageId, inProject, runId, split } from './base.ts';
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
  /** Of a value inside of a pretrained network: the network's layer. Its name is `layer/value`. */
  inside: z.string().optional(),
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

const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .default(1);

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
    seed,
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

/** How a run's first filters came to be: a frame before the first step, then one an epoch. */
export const film = z.object({
  /** The first convolution. */
  layer: z.string(),
  kernel: kernelShape,
  seesImage: z.boolean(),
  /** Of each frame, rising; long trainings keep every second, fourth … epoch. */
  epochs: z.array(z.number().int()),
  /** float32, little-endian: frames × filters × channels × height × width. */
  kernels: z.file(),
  /** What the maps are of: the first image that the run validates on. */
  image: imageId.nullable(),
  /** Layers with the first few of their maps, as tiles of bytes (as `maps` makes them). */
  maps: z.array(
    z.object({
      layer: z.string(),
      channels: z.number().int(),
      height: z.number().int(),
      width: z.number().int(),
    }),
  ),
  /** Frames × layers × channels × height × width. */
  tiles: z.file(),
});
export type Film = z.infer<typeof film>;

/** How filters were excited, as far as images have been looked at. */
export const excitedFilters = z.object({
  done: z.number().int(),
  total: z.number().int(),
  /** One a filter. */
  channels: z.array(
    z.object({
      least: z.number(),
      most: z.number(),
      /** Share of the images for which any of its numbers is above 0. */
      active: z.number(),
      /** It gave out the same number everywhere, whatever the image. */
      dead: z.boolean(),
      /** The images that excite it most, highest first. */
      top: z.array(
        z.object({
          image: imageId,
          value: z.number(),
          /** Where in its feature map. */
          row: z.number().int(),
          column: z.number().int(),
          /** What that place sees, in pixels of the model's input. */
          box: z.object({
            top: z.number().int(),
            left: z.number().int(),
            height: z.number().int(),
            width: z.number().int(),
          }),
        }),
      ),
    }),
  ),
});
export type ExcitedFilters = z.infer<typeof excitedFilters>;

/** Filters of a layer, or classes (indices in the run's): a picture for each. */
export const maximiseTarget = z.union([
  z.object({ layer: z.string(), channels: z.array(z.number().int().min(0)).min(1).max(64) }),
  z.object({ classes: z.array(z.number().int().min(0)).min(1).max(64) }),
]);
export type MaximiseTarget = z.infer<typeof maximiseTarget>;

/** Pictures as far as they are; the last of a stream is done. */
export const wantedPictures = inputSize.extend({
  done: z.number().int(),
  total: z.number().int(),
  /** A filter’s strongest answer before its activation, or a class’s logit; one a picture. */
  scores: z.array(z.number()),
  /** uint8, packed: pictures × height × width × channels. */
  pixels: z.string(),
});
export type WantedPictures = z.infer<typeof wantedPictures>;

export const embeddingEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    phase: z.enum(['decode', 'features']),
    done: z.number().int(),
    total: z.number().int(),
  }),
  /** Once, before the first points, in their order; images that cannot be read are left out. */
  z.object({
    type: z.literal('images'),
    images: z.array(imageId),
    /** Ids of the project's classes. */
    labels: z.array(classId.nullable()),
    splits: z.array(split.nullable()),
    /** Index in the run's classes; null for a pretrained network, which does not know them. */
    predicted: z.array(z.number().int()).nullable(),
    /** The probability of that class. */
    confidence: z.array(z.number()).nullable(),
  }),
  /** Where they are so far. */
  z.object({
    type: z.literal('points'),
    done: z.number().int(),
    total: z.number().int(),
    /** float32, packed: x and y of each image. */
    points: z.string(),
  }),
]);
export type EmbeddingEvent = z.infer<typeof embeddingEvent>;

export const inRun = inProject.extend({ run: runId, checkpoint: checkpoint.default('best') });
const ofPicture = inRun.extend({ source: inspectSource });

const planeOptions = {
  /**
   * Unless given, some of those that the run validates on (or else trained on); for a network, of the
   * library.
   */
  images: z.array(imageId).min(1).max(10_000).optional(),
  /** How many of those. */
  limit: z.number().int().min(1).max(10_000).default(1000),
  /** Small: fine structure; large: the whole. */
  neighbors: z.number().int().min(2).max(200).default(15),
  /** How close points may lie. */
  minDist: z.number().min(0).max(1).default(0.1),
  seed,
};

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
        /** All convolutions and pools unless given; some of those inside of pretrained networks. */
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
  /** As far as it is while the run trains; null for runs without one. */
  film: call.input(inProject.extend({ run: runId })).output(film.nullable()),
  /**
   * For each filter of a layer, the images that excite it most and where; and which filters nothing
   * excites. What is known so far comes on the way.
   */
  excite: call
    .input(
      inRun.extend({
        layer: z.string(),
        /** Unless given, some of those that the run validates on (or else trained on). */
        images: z.array(imageId).min(1).max(100_000).optional(),
        /** How many of those. */
        limit: z.number().int().min(1).max(100_000).default(500),
        /** Images a filter. */
        top: z.number().int().min(1).max(100).default(9),
      }),
    )
    .output(eventIterator(excitedFilters)),
  /** Pictures that excite filters or classes, made from noise, better and better. */
  maximise: call
    .input(
      inRun.extend({
        target: maximiseTarget,
        steps: z.number().int().min(1).max(2000).default(128),
        seed,
      }),
    )
    .output(eventIterator(wantedPictures)),
  /**
   * Images as points of a plane, like ones near each other: UMAP of what the model makes of them
   * before it decides. The same question again is answered from the project's cache.
   */
  embedding: call
    .input(
      z.union([
        inRun.extend(planeOptions),
        inProject.extend({
          /** A pretrained network, in place of a run. */
          backbone: z.string().min(1).max(200),
          /** The value that is looked at, maps by their means; its usual cut unless given. */
          cut: z.string().min(1).max(500).optional(),
          ...planeOptions,
        }),
      ]),
    )
    .output(eventIterator(embeddingEvent)),
};
