/** What browsers and Node share and this layer uses; it has the types of neither. */
declare function setTimeout(callback: () => void, milliseconds?: number): object | number;
declare function clearTimeout(timer: object | number | undefined): void;
interface AbortSignal {
  readonly aborted: boolean;
}
declare function btoa(characters: string): string;
declare function atob(text: string): string;
