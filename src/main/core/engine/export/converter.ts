/** What a converter is: a pure function from a trained model to the files of one format. */
import type { ViewsSpec } from '#shared/views.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { ParameterValues } from '../programs/parameters.ts';

export interface ModelSource {
  model: ResolvedModel;
  parameters: ParameterValues;
  /** How it looks at an image when it answers. */
  views: ViewsSpec | null;
  classNames: readonly string[];
  /** Base name for files, safe on every file system. */
  name: string;
  /** Where the model comes from, to be written into the file. */
  metadata: Readonly<Record<string, string>>;
}

/** File name, with / between folders → its bytes in pieces, to be written one after the other. */
export type ModelFiles = Readonly<Record<string, readonly Uint8Array[]>>;

export type Converter = (source: ModelSource) => ModelFiles;
