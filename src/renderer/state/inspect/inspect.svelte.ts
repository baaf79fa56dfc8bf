/** Where in which model one looks. It outlives the screen: going elsewhere and back loses nothing. */
import type { Checkpoint, InspectLayer, Run } from '#shared/contract/index.ts';
import type { AppState } from '../app.svelte.ts';
import type { OpenProject } from '../project.svelte.ts';
import { Question } from '../question.svelte.ts';
import { CompareState } from './compare.svelte.ts';
import { EmbeddingState } from './embedding.svelte.ts';
import { FilmState } from './film.svelte.ts';
import { FiltersState } from './filters.svelte.ts';
import { MapsState } from './maps.svelte.ts';
import { NeuronsState } from './neurons.svelte.ts';
import { PictureState } from './picture.svelte.ts';
import { WhyState } from './why.svelte.ts';
import { subjectOf, type InspectClient, type Subject } from './subject.ts';

export const inspectViews = ['filters', 'maps', 'why', 'images'] as const;
export type InspectView = (typeof inspectViews)[number];

export interface Network {
  run: string;
  input: { height: number; width: number; channels: number };
  layers: readonly InspectLayer[];
  /** Where Grad-CAM looks by itself. */
  camLayer: string | null;
}

export class InspectState {
  checkpoint = $state<Checkpoint>('best');
  layerName = $state<string | null>(null);
  /** Activations, normalisations and joints too. */
  everyLayer = $state(false);
  /** Pictures that another screen sent, to go through; null: those of the library. */
  pictures = $state.raw<{ ids: readonly number[]; title: string } | null>(null);
  readonly network = new Question<Network>();
  readonly picture: PictureState;
  readonly embedding: EmbeddingState;
  readonly film: FilmState;
  readonly filters: FiltersState;
  readonly neurons: NeuronsState;
  readonly maps: MapsState;
  readonly why: WhyState;
  readonly compare: CompareState;
  #view = $state<InspectView>('filters');
  #run = $state.raw<Run | null>(null);
  readonly #client: InspectClient;
  readonly #project: string;

  constructor(client: InspectClient, project: string) {
    this.#client = client;
    this.#project = project;
    this.picture = new PictureState(client);
    this.embedding = new EmbeddingState(client);
    this.film = new FilmState(client);
    this.filters = new FiltersState(client, this.film);
    this.neurons = new NeuronsState(client);
    this.maps = new MapsState(client);
    this.why = new WhyState(client);
    this.compare = new CompareState(client, project);
  }

  get run(): Run | null {
    return this.#run;
  }

  readonly subject = $derived.by((): Subject | null =>
    this.#run ? subjectOf(this.#project, this.#run, this.checkpoint) : null,
  );

  /** Looks into a run; called again, it follows what became of it. */
  async choose(run: Run, checkpoint: Checkpoint = this.checkpoint): Promise<void> {
    this.#run = run;
    this.checkpoint = run.checkpoints.includes(checkpoint) ? checkpoint : run.checkpoints[0]!;
    await this.network.ask(run.id, async (signal) => {
      const input = { project: this.#project, run: run.id };
      return { run: run.id, ...(await this.#client.layers(input, { signal })) };
    });
    if (!this.layer) {
      const layers = this.network.value?.layers ?? [];
      this.layerName = (layers.find(({ kind }) => kind === 'conv') ?? layers[0])?.name ?? null;
    }
  }

  /** Of the strip. */
  readonly layers = $derived.by((): readonly InspectLayer[] =>
    (this.network.value?.layers ?? []).filter(
      ({ kind, name }) => this.everyLayer || kind !== 'other' || name === this.layerName,
    ),
  );

  get layer(): InspectLayer | null {
    return this.network.value?.layers.find(({ name }) => name === this.layerName) ?? null;
  }

  /** Layers without filters have maps only. */
  get view(): InspectView {
    return this.#view === 'filters' && this.layer?.kernels.length === 0 ? 'maps' : this.#view;
  }

  set view(view: InspectView) {
    this.#view = view;
  }

  showLayer(name: string): void {
    if (name === this.layerName) return;
    this.layerName = name;
    this.maps.selected = null;
  }

  /** The screen is left: what is being computed for it is not needed any more. */
  leave(): void {
    this.network.cancel();
    this.picture.seen.cancel();
    this.filters.bank.cancel();
    this.embedding.map.cancel();
    this.film.film.cancel();
    this.film.player.pause();
    this.neurons.cancel();
    this.maps.cancel();
    this.why.cancel();
    this.compare.leave();
  }
}

const states = new WeakMap<OpenProject, InspectState>();

/** The one for a project, made on first use. */
export function inspectState(app: AppState, project: OpenProject): InspectState {
  let state = states.get(project);
  if (!state) {
    state = new InspectState(app.api.inspect, project.id);
    states.set(project, state);
  }
  return state;
}
