/** What an inspection asks of the engine, and what comes back: all of it survives structured cloning. */
import type {
  AttributionMethod,
  ChannelStats,
  Checkpoint,
  MapTiles,
} from '#shared/contract/index.ts';
import type { CallOptions, TensorSet } from '../protocol.ts';
import type { Filters } from './filters.ts';

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
