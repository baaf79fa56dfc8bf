/** One model under change: its spec, what is selected in it, what the core says of it, undo. */
import type {
  FoveaClient,
  LayerProblem,
  ModelSummary,
  SavedModel,
} from '#shared/contract/index.ts';
import { isBlock, layerAt, move, partsOf, splice, type Path } from '#shared/layer-tree.ts';
import type { BlockSpec, LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { copyOf } from '../features/train/editor/palette.ts';
import { placeAfter, rowsOf, samePath, type LayerNumbers } from '../features/train/editor/rows.ts';
import { History } from './history.svelte.ts';

const checkDelayMs = 150;

export interface EditorOptions {
  client: FoveaClient;
  project: string;
  spec: ModelSpec;
  /** As the project keeps it; null while it does not. */
  saved: SavedModel | null;
  /** The preset or saved model that a new one was made from. */
  from: string | null;
  /** How many outputs it must have. */
  classes: () => number;
}

export class ModelEditor {
  spec = $state.raw<ModelSpec>() as ModelSpec;
  /** As the project keeps it; null while it does not. */
  saved = $state.raw<SavedModel | null>(null);
  /** Of a layer, of a part of a block, or empty: the model itself. */
  selected = $state.raw<Path>([]);
  summary = $state.raw<ModelSummary | null>(null);
  /** Why the core could not be asked. */
  failure = $state.raw<unknown>(null);
  closed = $state.raw<ReadonlySet<LayerSpec>>(new Set());
  #numbers = $state.raw<LayerNumbers>({ summaries: new Map(), problem: null });
  #checked = $state.raw<ModelSpec | null>(null);
  #stored = $state.raw<ModelSpec | null>(null);
  readonly rows = $derived(rowsOf(this.spec.layers, this.closed));

  readonly #history = new History<ModelSpec>();
  readonly #options: EditorOptions;
  #from: string | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(options: EditorOptions) {
    this.#options = options;
    this.#from = options.from;
    this.saved = options.saved;
    // Layers are told apart by being the same object: what a preset uses twice becomes two.
    this.spec = { ...options.spec, layers: options.spec.layers.map(copyOf) };
    this.#stored = options.saved === null ? null : this.spec;
    this.ask(0);
  }

  get layer(): LayerSpec | undefined {
    return layerAt(this.spec.layers, this.selected);
  }

  /** The block that the selected part belongs to. */
  get block(): BlockSpec | undefined {
    const inside = this.selected.length > 0 && this.selected.length % 2 === 0;
    const layer = inside ? layerAt(this.spec.layers, this.selected.slice(0, -1)) : undefined;
    return layer && isBlock(layer) ? layer : undefined;
  }

  get classes(): number {
    return this.#options.classes();
  }

  /** Something is not kept yet. */
  get changed(): boolean {
    return this.spec !== this.#stored;
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** What the core says is of the model as it is now. */
  get current(): boolean {
    return this.#checked === this.spec;
  }

  get problem(): LayerProblem | null {
    return this.current ? this.#numbers.problem : null;
  }

  summaryOf(layer: LayerSpec): ModelSummary['layers'][number] | undefined {
    return this.#numbers.summaries.get(layer);
  }

  /** The problem, if it is of the layer at `path`, or inside of it where that does not show. */
  problemAt(path: Path): LayerProblem | null {
    const { problem } = this;
    if (!problem) return null;
    if (samePath(problem.path, path)) return problem;
    const layer = layerAt(this.spec.layers, path);
    const hidden = layer !== undefined && this.closed.has(layer);
    const inside = path.length > 0 && samePath(problem.path.slice(0, path.length), path);
    return hidden && inside ? problem : null;
  }

  select(path: Path): void {
    this.selected = path;
  }

  /** Selects the row `step` further down. */
  selectBy(step: number): void {
    const paths: Path[] = [[], ...this.rows.map(({ path }) => path)];
    const at = paths.findIndex((path) => samePath(path, this.selected));
    const next = paths[Math.max(0, Math.min(paths.length - 1, at + step))];
    if (next) this.select(next);
  }

  toggle(block: LayerSpec, open = this.closed.has(block)): void {
    const closed = new Set(this.closed);
    if (open) closed.delete(block);
    else closed.add(block);
    this.closed = closed;
  }

  /** Puts a layer after what is selected, or at `to`, and selects it. */
  add(layer: LayerSpec, to = placeAfter(this.selected, this.rows)): void {
    this.#setLayers(splice(this.spec.layers, to, 0, [layer]));
    this.select(to);
  }

  remove(path: Path = this.selected): void {
    const block = this.block;
    if (block?.type === 'branches' && samePath(path, this.selected)) this.removeBranch(path);
    if (path.length === 0 || path.length % 2 === 0) return;
    this.#setLayers(splice(this.spec.layers, path, 1));
    const index = path.at(-1) ?? 0;
    const before = [...path.slice(0, -1), index - 1];
    // What moved up into its place, else the one before, else the part or model it was in.
    if (layerAt(this.spec.layers, path)) this.select(path);
    else this.select(index > 0 ? before : path.slice(0, -1));
  }

  duplicate(path: Path = this.selected): void {
    const layer = layerAt(this.spec.layers, path);
    if (!layer || path.length % 2 === 0) return;
    const { name: _, ...copy } = copyOf(layer);
    const to = [...path.slice(0, -1), (path.at(-1) ?? 0) + 1];
    this.add(copy, to);
  }

  moveTo(from: Path, to: Path): void {
    const moved = move(this.spec.layers, from, to);
    if (!moved || samePath(moved.path, from)) return;
    this.#setLayers(moved.layers);
    this.select(moved.path);
  }

  /** Among its neighbours (up, down), behind the block around it (out), into the one before (in). */
  shift(direction: 'up' | 'down' | 'in' | 'out'): void {
    const from = this.selected;
    if (from.length % 2 === 0) return;
    const index = from.at(-1) ?? 0;
    const around = from.slice(0, -1);
    if (direction === 'up' && index > 0) this.moveTo(from, [...around, index - 1]);
    if (direction === 'down' && layerAt(this.spec.layers, [...around, index + 1])) {
      this.moveTo(from, [...around, index + 2]);
    }
    if (direction === 'out' && from.length > 1) {
      const block = from.slice(0, -2);
      this.moveTo(from, [...block.slice(0, -1), (block.at(-1) ?? 0) + 1]);
    }
    const before = [...around, index - 1];
    const block = index > 0 ? layerAt(this.spec.layers, before) : undefined;
    if (direction === 'in' && block && isBlock(block)) {
      this.toggle(block, true);
      this.moveTo(from, [...before, 0, partsOf(block)[0]?.length ?? 0]);
    }
  }

  /** Changes a layer's settings; `what` names the setting, so that a row of changes is one step. */
  change(path: Path, layer: LayerSpec, what = ''): void {
    const before = layerAt(this.spec.layers, path);
    if (before && this.closed.has(before)) {
      this.closed = new Set([...this.closed, layer].filter((each) => each !== before));
    }
    this.#setLayers(splice(this.spec.layers, path, 1, [layer]), `${path.join()} ${what}`);
  }

  addBranch(path: Path): void {
    const block = layerAt(this.spec.layers, path);
    if (block?.type !== 'branches') return;
    this.change(path, { ...block, branches: [...block.branches, []] });
    this.select([...path, block.branches.length]);
  }

  /** Two branches stay: with one there would be nothing to join. */
  removeBranch(path: Path): void {
    const at = path.slice(0, -1);
    const block = layerAt(this.spec.layers, at);
    if (block?.type !== 'branches' || block.branches.length <= 2) return;
    this.change(at, {
      ...block,
      branches: block.branches.filter((_, index) => index !== path.at(-1)),
    });
    this.select(at);
  }

  changeModel(changes: Partial<ModelSpec>, what: string): void {
    this.#set({ ...this.spec, ...changes }, `model ${what}`);
  }

  /** Does what the problem's button says. */
  fix(): void {
    const { problem } = this;
    if (!problem?.fix) return;
    const { where, layers } = problem.fix;
    const at = [...problem.path];
    if (where === 'after') at.push((at.pop() ?? 0) + 1);
    this.#setLayers(splice(this.spec.layers, at, where === 'replace' ? 1 : 0, layers.map(copyOf)));
    this.select(at);
  }

  undo(): void {
    this.#show(this.#history.undo(this.spec));
  }

  redo(): void {
    this.#show(this.#history.redo(this.spec));
  }

  /** Keeps it in the project: where it is kept already, or as a new one. */
  async save(): Promise<SavedModel> {
    const { client, project } = this.#options;
    const { spec } = this;
    const origin = this.#from === null ? {} : { from: this.#from };
    const target = this.saved === null ? origin : { model: this.saved.id };
    const model = await client.models.save({ project, spec, ...target });
    this.saved = model;
    // A name that was taken got a number; what was changed meanwhile is not kept yet.
    const untouched = this.spec === spec;
    this.spec = { ...this.spec, name: model.spec.name };
    if (untouched) this.#stored = this.spec;
    this.ask(0);
    return model;
  }

  /** Keeps it as a new model and goes on with that. */
  async saveAs(name: string): Promise<SavedModel> {
    this.#from = this.saved?.id ?? this.#from;
    this.saved = null;
    this.spec = { ...this.spec, name };
    return this.save();
  }

  /** Asks the core about the model once it has rested for a moment. */
  ask(delay = checkDelayMs): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(), delay);
  }

  async check(): Promise<void> {
    const mine = ++this.#asked;
    const { spec, classes } = this;
    try {
      const { summary, problem } = await this.#options.client.models.check({ spec, classes });
      if (mine !== this.#asked) return;
      const found = (summary?.layers ?? []).flatMap((row) => {
        const layer = layerAt(spec.layers, row.path);
        return layer ? [[layer, row] as const] : [];
      });
      this.#numbers = { summaries: new Map(found), problem };
      this.#checked = spec;
      this.summary = summary;
      this.failure = null;
    } catch (error) {
      if (mine === this.#asked) this.failure = error;
    }
  }

  #setLayers(layers: LayerSpec[], what = ''): void {
    this.#set({ ...this.spec, layers }, what);
  }

  #set(spec: ModelSpec, what: string): void {
    this.#history.changed(this.spec, what);
    this.spec = spec;
    this.ask();
  }

  #show(spec: ModelSpec | undefined): void {
    if (!spec) return;
    this.spec = spec;
    if (!this.rows.some(({ path }) => samePath(path, this.selected))) this.select([]);
    this.ask();
  }
}
