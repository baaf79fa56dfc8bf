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

export interface TensorPack {
  /** uint8 rows of height × width × channels. */
  file: string;
  /** Aligned with `images`: the row of each; 0xffffffff for one that failed. */
  slots: Uint32Array;
  failed: { image: number; reason: string }[];
}

export interface TensorPacks {
  /** Decodes what is missing, answers where everything lies. */
  ensure(request: EnsureTensors): Promise<TensorPack>;
}
