/** What browsers and Node share and this layer uses; it has the types of neither. */
declare function setTimeout(callback: () => void, milliseconds?: number): unknown;
declare function clearTimeout(timer: unknown): void;
interface AbortSignal {
  readonly aborted: boolean;
}
