/** What a converter is: a pure function from a trained model to the files of one format. */
import type { ModelSpec } from '#shared/model-spec.ts';
import type { ViewsSpec } from '#shared/views.ts';
import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { ParameterValues } from '../programs/parameters.ts';
import type { CallOptions, TensorSet } from '../protocol.ts';

/** What to do where a format is made of layers, which a pretrained network has not. */
export const backboneFormats =
  'Export to ONNX, TFLite, Core ML or a web page, which take pretrained networks.';

export interface ModelSource {
  spec: ModelSpec;
  model: ResolvedModel;
  parameters: ParameterValues;
  /** How it looks at an image when it answers. */
  views: ViewsSpec | null;
  classNames: readonly string[];
  /** Base name for files, safe on every file system. */
  name: string;
  /** Where the model comes from, to be written into the file. */
  metadata: Readonly<Record<string, string>>;
  /** Images that the scales of an integer model are chosen by. */
  calibration: TensorSet | null;
}

/** File name, with / between folders → its bytes in pieces, to be written one after the other. */
export type ModelFiles = Readonly<Record<string, readonly Uint8Array[]>>;

export type Converter = (
  source: ModelSource,
  options: CallOptions,
) => ModelFiles | Promise<ModelFiles>;

/** How written files are checked that the app cannot run: by the numbers inside. */
export interface Contents {
  /** Every tensor that the files should hold, in their own order of axes. */
  expected(source: ModelSource): ReadonlyMap<string, FloatTensor>;
  /** Those that are there; `read` gives a written file by its name. */
  found(
    source: ModelSource,
    read: (name: string) => Promise<Uint8Array>,
  ): Promise<ReadonlyMap<string, FloatTensor>>;
}
