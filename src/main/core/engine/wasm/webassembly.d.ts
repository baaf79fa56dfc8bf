/** What the engine uses of WebAssembly. TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  /** `initial` and `maximum` in pages of 64 KiB. A shared one may be used by all threads at once. */
  class Memory {
    constructor(size: { initial: number; maximum: number; shared: true });
    readonly buffer: ArrayBufferLike;
  }
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  const Module: new (bytes: Uint8Array<ArrayBuffer>) => Module;
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, Memory>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
}
