/** The folder dialog of hosts that have none of their own: a promise on one side, a dialog on the other. */

export interface FolderRequest {
  title: string;
  startIn: string | undefined;
}

export class FolderPicker {
  request = $state.raw<FolderRequest | null>(null);
  #resolve: ((path: string | null) => void) | null = null;

  pick(options: { title: string; startIn?: string }): Promise<string | null> {
    this.answer(null);
    this.request = { title: options.title, startIn: options.startIn };
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Called by the dialog; null when it was closed. */
  answer(path: string | null): void {
    this.request = null;
    this.#resolve?.(path);
    this.#resolve = null;
  }
}
