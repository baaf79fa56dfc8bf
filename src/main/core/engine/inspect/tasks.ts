/** What an inspection asks of the engine, and what comes back: all of it survives structured cloning. */
import type {
  AttributionMethod,
  ChannelStats,
  Checkpoint,
  MapTiles,
  MaximiseTarget,
} from '#shared/contract/index.ts';
import type { ArrangeJob, CallOptions, Plane, TensorSet } from '../protocol.ts';
import type { Filters } from './filters.ts';
import type { Box } from './receptive-field.ts';

/** The model that is looked into. */
export interface Subject {
  runDir: string;
  checkpoint: Checkpoint;
}

export interface MapsResult {
  layers: MapTiles[];
  tiles: Uint8Array;
  probabilities: Float32Array;
}

export interface ActivationsResult {
  height: number;
  width: number;
  channels: number[];
  stats: ChannelStats[];
  /** channels × height × width. */
  values: Float32Array;
}

/** What each place of a picture does for a class. */
export interface AttributionMap {
  done: number;
  total: number;
  class: number;
  /** Of the class, for the picture as it is. */
  probability: number;
  height: number;
  width: number;
  /** height × width. */
  values: Float32Array;
}

/** What excites each filter of a layer, as far as images have been looked at. */
export interface Excited {
  done: number;
  total: number;
  channels: {
    least: number;
    most: number;
    /** Share of the images for which any of its numbers is above 0. */
    active: number;
    /** It gives out the same number everywhere. */
    dead: boolean;
    /** The images that excite it most, highest first. */
    top: {
      /** Of the image within the set. */
      position: number;
      value: number;
      /** Where in its map. */
      row: number;
      column: number;
      /** What that place sees of the model's input. */
      box: Box;
    }[];
  }[];
}

/** Pictures that filters or classes want to see. */
export interface Wanted {
  done: number;
  total: number;
  /** Of each picture, as it was before the last step. */
  scores: number[];
  /** uint8: pictures × height × width × channels. */
  pixels: Uint8Array;
}

export interface Embedding extends Plane {
  /** What the model says of each image, and how sure it is. */
  predicted: Int32Array;
  confidence: Float32Array;
}

/** Each task: what goes in, what comes on the way, what comes back. */
export interface InspectTasks {
  filters: { input: { layer: string; kernel?: string | undefined }; step: never; output: Filters };
  /** Of the first image of the set. */
  maps: {
    input: { set: TensorSet; layers?: readonly string[] | undefined; edge: number };
    step: never;
    output: MapsResult;
  };
  activations: {
    input: { set: TensorSet; layer: string; channels?: readonly number[] | undefined };
    step: never;
    output: ActivationsResult;
  };
  attribution: {
    input: { set: TensorSet; class?: number | undefined; method: AttributionMethod };
    /** All but the last, which is the output. */
    step: AttributionMap;
    output: AttributionMap;
  };
  /** Of each filter the `top` images of the set that excite it most. */
  excite: {
    input: { set: TensorSet; layer: string; top: number };
    step: Excited;
    output: Excited;
  };
  maximise: {
    input: { target: MaximiseTarget; steps: number; seed: number };
    step: Wanted;
    output: Wanted;
  };
  /** Progress is of the images that the model looks at first. */
  embedding: {
    input: ArrangeJob;
    step: Embedding;
    output: Embedding;
  };
}

export type InspectTask = keyof InspectTasks;
export type InspectStep = InspectTasks[InspectTask]['step'];

/** A task with its input, as it goes over the channel. */
export type InspectCall = {
  [T in InspectTask]: { task: T; subject: Subject; input: InspectTasks[T]['input'] };
}[InspectTask];

export interface InspectOptions<T extends InspectTask = InspectTask> extends CallOptions {
  onStep?: ((step: InspectTasks[T]['step']) => void) | undefined;
}
