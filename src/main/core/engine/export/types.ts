/** What every writer of a file format gets, and what it gives. */
import type { ViewsSpec } from '#shared/views.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { ParameterValues } from '../programs/parameters.ts';
import type { CallOptions, TensorSet } from '../protocol.ts';

/** A trained model, ready to be written. */
export interface ModelSource {
  /** What the files' names begin with, where the format leaves them free. */
  name: string;
  model: ResolvedModel;
  spec: ModelSpec;
  parameters: ParameterValues;
  /** How it looks at an image when it answers. */
  views: ViewsSpec | null;
  classNames: readonly string[];
  /** Where it comes from. */
  metadata: Readonly<Record<string, string>>;
  calibration?: TensorSet | undefined;
}

export interface ModelFile {
  name: string;
  /** Written one after the other. */
  pieces: readonly Uint8Array[];
}

export interface ModelFormat {
  write(
    source: ModelSource,
    options: CallOptions,
  ): readonly ModelFile[] | Promise<readonly ModelFile[]>;
  /** Of formats that the app cannot run: the numbers in written files, and those that should be. */
  contents?: {
    expected(source: ModelSource): Iterable<readonly [string, FloatTensor]>;
    /** @param read gives a written file by its name */
    found(
      source: ModelSource,
      read: (name: string) => Promise<Uint8Array>,
    ): Promise<ReadonlyMap<string, FloatTensor>>;
  };
}
