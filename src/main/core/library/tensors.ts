/** Decoded images at a model's input size: append-only packs in the project's cache. */

export interface EnsureTensors {
  height: number;
  width: number;
  /** 1 or 3. */
  channels: number;
  /** Image ids. */
  images: readonly number[];
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Slot of an image that could not be decoded. */
export const NO_SLOT = 0xffffffff;

export interface TensorPack {
  /** uint8 rows of height × width × channels. */
  file: string;
  /** Aligned with `images`: the row of each; NO_SLOT for one that failed. */
  slots: Uint32Array;
  /** With the reason as the end of a sentence that begins with the image's name. */
  failed: { image: number; reason: string }[];
}

export interface TensorPacks {
  /** Decodes what is missing, answers where everything lies. */
  ensure(request: EnsureTensors): Promise<TensorPack>;
}
