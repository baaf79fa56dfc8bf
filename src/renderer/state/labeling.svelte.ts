/** Labeling steps on a list: shown at once, sent in order, taken back when they fail. */
import type { FoveaClient, ImageFlag, ImageRow, StepResult } from '#shared/contract/index.ts';
import type { ImageList } from './image-list.svelte.ts';
import type { OpenProject } from './project.svelte.ts';
import type { Selection } from './selection.svelte.ts';

export interface LabelingParts {
  api: FoveaClient;
  project: OpenProject;
  list: ImageList;
  selection: Selection;
  autoAdvance: () => boolean;
  /** A step is done; its description goes into a toast. */
  onStep: (result: StepResult) => void;
  onError: (error: unknown) => void;
  /** Tiles that were just labeled light up in the class's colour. */
  onFlash: (ids: readonly number[], color: string) => void;
}

export class Labeling {
  readonly #parts: LabelingParts;
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: LabelingParts) {
    this.#parts = parts;
  }

  /** Labels the selection, or the image under the cursor; `null` clears. */
  assign(classId: number | null): void {
    const { api, project, list, selection, onFlash } = this.#parts;
    const images = selection.targets;
    if (images.length === 0) return;
    const look = project.look(classId);
    list.patch(images, { classId });
    if (look) onFlash(images, look.color);
    this.#advance(classId !== null);
    this.#send(images, () =>
      api.labels.assign({ project: project.id, images, classId, source: 'person' }),
    );
  }

  /** Sets a flag, or takes it away when every target has it. */
  flag(flag: Exclude<ImageFlag, 'conflict'>): void {
    const { api, project, list, selection } = this.#parts;
    const images = selection.targets;
    if (images.length === 0) return;
    const all = images.every((id) => list.rows.get(id)?.flag === flag);
    const next = all ? null : flag;
    list.patch(images, { flag: next });
    this.#advance(next !== null);
    this.#send(images, () => api.labels.flag({ project: project.id, images, flag: next }));
  }

  /** The next (or previous) image without a label after the cursor, around the end if need be. */
  async findUnlabeled(direction: 1 | -1): Promise<number | null> {
    const { list, selection } = this.#parts;
    const { ids } = list;
    const start = selection.cursor;
    for (let step = 1; step <= ids.length; step++) {
      const index = (start + direction * step + ids.length * 2) % ids.length;
      const id = ids[index];
      if (id === undefined) return null;
      let row: ImageRow | undefined = list.rows.get(id);
      if (!row) {
        await this.#readAhead(index, direction);
        row = list.rows.get(id);
      }
      if (row?.classId === null) return index;
    }
    return null;
  }

  /** Everything that was sent has been answered. */
  settled(): Promise<void> {
    return this.#queue;
  }

  async #readAhead(index: number, direction: 1 | -1): Promise<void> {
    const { api, project, list } = this.#parts;
    const from = direction === 1 ? index : Math.max(0, index - 999);
    const ids = list.ids.slice(from, from + 1000);
    const rows = await api.library.images.rows({ project: project.id, ids });
    for (const row of rows) if (!list.rows.has(row.id)) list.rows.set(row.id, row);
  }

  #advance(judged: boolean): void {
    const { selection, autoAdvance } = this.#parts;
    // A selection of many stays: the user may want to do more with it.
    if (!judged || !autoAdvance() || selection.size > 1) return;
    selection.place(Math.min(selection.cursor + 1, selection.ids.length - 1));
  }

  #send(images: readonly number[], call: () => Promise<StepResult>): void {
    const { project, list, onStep, onError } = this.#parts;
    this.#queue = this.#queue.then(async () => {
      try {
        const result = await call();
        project.labels = result.state;
        onStep(result);
      } catch (error) {
        onError(error);
        list.changed({ topics: ['labels'], images: [...images] });
      }
    });
  }
}
