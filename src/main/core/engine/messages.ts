/** What goes over the channel between the supervisor and an engine process. */
import type { ErrorInfo } from '#shared/errors.ts';
import type { BackboneOutline } from './backbones/outline.ts';
import type { InspectCall, InspectStep, InspectTask, InspectTasks } from './inspect/tasks.ts';
import type {
  ArrangeJob,
  AugmentedImages,
  AugmentJob,
  BackendId,
  ContentsCheck,
  FeatureJob,
  FeatureRows,
  FeatureShape,
  ExportJob,
  ImportedModel,
  DescribeBackboneJob,
  ImportModelJob,
  MemoryNeed,
  Plane,
  Probabilities,
  Progress,
  RateJob,
  RatePoint,
  RateSweep,
  TensorSet,
  TrainEvent,
  TrainJob,
  TrainResult,
  Work,
} from './protocol.ts';
import type { SlideJob, SlideResult } from './workbench/job.ts';
import type { Checkpoint } from '#shared/contract/index.ts';

export interface PredictJob {
  runDir: string;
  checkpoint: Checkpoint;
  set: TensorSet;
  batch?: number;
}

export interface RunExportedJob {
  file: string;
  set: TensorSet;
  batch?: number;
}

/** Each method: what goes in, what comes back. */
export interface Methods {
  /** Throws ENGINE_FAILED with what the driver says, or ends with the process. */
  probe: [input: { backend: BackendId }, output: null];
  /** Images per second of training steps. */
  measure: [input: { backend: BackendId; work: Work }, output: number];
  memoryNeed: [input: Omit<Work, 'batch'> & { prefix?: number | undefined }, output: MemoryNeed];
  /** `backend` names one: the supervisor decides what `auto` is. */
  train: [input: TrainJob, output: TrainResult];
  findRate: [input: RateJob, output: RateSweep];
  predict: [input: PredictJob, output: Probabilities];
  exportModel: [input: ExportJob, output: { files: string[] }];
  importModel: [input: ImportModelJob, output: ImportedModel];
  readExported: [input: ExportJob, output: ContentsCheck];
  runExported: [input: RunExportedJob, output: Probabilities];
  augment: [input: AugmentJob, output: AugmentedImages];
  features: [input: FeatureJob, output: FeatureShape];
  describeBackbone: [input: DescribeBackboneJob, output: BackboneOutline];
  inspect: [input: InspectCall, output: InspectTasks[InspectTask]['output']];
  arrange: [input: ArrangeJob, output: Plane];
  slide: [input: SlideJob, output: SlideResult];
}

/** What a call says while it works, beside how far it is. */
interface Events {
  train: TrainEvent;
  findRate: RatePoint;
  features: FeatureRows;
  inspect: InspectStep;
  arrange: Plane;
}
export type EngineEvent = Events[keyof Events];

export type Method = keyof Methods;
export type EventOf<M extends Method> = M extends keyof Events ? Events[M] : never;

export interface Listeners<M extends Method = Method> {
  onEvent?: ((event: EventOf<M>) => void) | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export type Request =
  | {
      [M in Method]: { type: 'call'; id: number; threads: number; method: M; input: Methods[M][0] };
    }[Method]
  /** End the call as cancelled. */
  | { type: 'cancel'; id: number }
  /** Training only: end after the epoch, or at the next step. */
  | { type: 'stop' | 'pause'; id: number };

export type Response =
  | { type: 'result'; id: number; output: Methods[Method][1] }
  | { type: 'error'; id: number; error: ErrorInfo; stack?: string | undefined }
  | { type: 'event'; id: number; event: EngineEvent }
  | { type: 'progress'; id: number; progress: Progress };
