/** The pretrained networks of this computer. */
import type { BackboneDetails, BackboneInfo, FoveaClient } from '#shared/contract/index.ts';

export type NetworkChanges = Omit<Parameters<FoveaClient['backbones']['change']>[0], 'backbone'>;

export class NetworksState {
  /** Those of the app first; null until they were read. */
  list = $state.raw<readonly BackboneInfo[] | null>(null);
  /** SHA-256 of the one that is looked at; empty: the first; null: none. */
  openId = $state<string | null>(null);
  readonly #client: FoveaClient['backbones'];
  readonly #details = new Map<string, BackboneDetails>();

  constructor(client: Pick<FoveaClient, 'backbones'>) {
    this.#client = client.backbones;
  }

  async load(): Promise<void> {
    this.list = await this.#client.list();
  }

  /** With its nodes; these are read once. */
  async details(sha256: string): Promise<BackboneDetails> {
    const known = this.#details.get(sha256);
    if (known) return known;
    return this.#keep(await this.#client.get({ backbone: sha256 }));
  }

  /** @throws AppError for what is no usable network, naming why */
  async add(source: string | File, signal?: AbortSignal): Promise<BackboneInfo> {
    const added = await this.#client.add({ source }, signal ? { signal } : {});
    await this.load();
    return added;
  }

  async change(sha256: string, changes: NetworkChanges): Promise<BackboneDetails> {
    const changed = this.#keep(await this.#client.change({ backbone: sha256, ...changes }));
    await this.load();
    return changed;
  }

  async remove(sha256: string): Promise<void> {
    await this.#client.remove({ backbone: sha256 });
    this.#details.delete(sha256);
    await this.load();
  }

  #keep(details: BackboneDetails): BackboneDetails {
    this.#details.set(details.sha256, details);
    return details;
  }
}
