/** What an inspection asks of the engine, and what comes back: all of it survives structured cloning. */
import type { ChannelStats, Checkpoint, MapTiles } from '#shared/contract/index.ts';
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
