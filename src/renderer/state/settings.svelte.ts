/** The user's settings: applied at once, stored by the core. */
import type { FoveaClient, Settings } from '#shared/contract/index.ts';

const initial: Settings = {
  theme: 'system',
  author: '',
  autoAdvance: true,
  imageMemory: null,
  thumbnailSize: 112,
  keymap: {},
};

export class SettingsState {
  current = $state.raw<Settings>(initial);
  readonly #api: FoveaClient;
  readonly #onError: (error: unknown) => void;

  constructor(api: FoveaClient, onError: (error: unknown) => void) {
    this.#api = api;
    this.#onError = onError;
  }

  async load(): Promise<void> {
    this.current = await this.#api.system.settings.get();
  }

  /** Shows the change before it is stored; takes it back if it cannot be. */
  async update(change: Partial<Settings>): Promise<void> {
    const before = this.current;
    this.current = { ...before, ...change };
    try {
      await this.#api.system.settings.update(change);
    } catch (error) {
      this.current = before;
      this.#onError(error);
    }
  }
}
