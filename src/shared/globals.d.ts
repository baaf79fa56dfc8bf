/** The timers that browsers and Node share; this layer has the types of neither. */
declare function setTimeout(callback: () => void, milliseconds?: number): unknown;
declare function clearTimeout(timer: unknown): void;
