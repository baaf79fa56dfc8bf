/** Looking for images of the library: by name, class and split, or what a model got wrong. */
import type { FoveaClient, ImageRow, Run, Split } from '#shared/contract/index.ts';

const PAGE = 200;
/** Of a run's mistakes, the surest first. */
const MOST_MISTAKES = 1000;

export interface SearchTerms {
  /** Part of a file name. */
  text: string;
  classId: number | 'any' | 'none';
  split: Split | 'any';
  /** Only what the run answered wrongly where it was evaluated. */
  wrong: boolean;
}

export const anything: SearchTerms = { text: '', classId: 'any', split: 'any', wrong: false };

type Api = Pick<FoveaClient, 'library' | 'evaluation'>;

export class LibrarySearch {
  ids = $state.raw<readonly number[]>([]);
  /** Of the first of them; `more` reads on. */
  rows = $state.raw<readonly ImageRow[]>([]);
  reading = $state(true);
  /** Known mistakes of the run; null where it was not evaluated, or there is no run. */
  mistakes = $state.raw<readonly number[] | null>(null);
  readonly #api: Api;
  readonly #project: string;
  #asked = 0;

  constructor(api: Api, project: string) {
    this.#api = api;
    this.#project = project;
  }

  async search({ text, classId, split, wrong }: SearchTerms): Promise<void> {
    const mine = ++this.#asked;
    this.reading = true;
    const found = await this.#api.library.images.ids({
      project: this.#project,
      filter: {
        ...(text.trim() ? { text: text.trim() } : {}),
        ...(classId === 'any' ? {} : { classes: [classId] }),
        ...(split === 'any' ? {} : { splits: [split] }),
      },
    });
    if (mine !== this.#asked) return;
    const fitting = new Set(found);
    this.ids = wrong ? (this.mistakes ?? []).filter((id) => fitting.has(id)) : found;
    this.rows = [];
    await this.more();
  }

  /** Reads the next rows. */
  async more(): Promise<void> {
    const mine = this.#asked;
    const ids = this.ids.slice(this.rows.length, this.rows.length + PAGE);
    this.reading = true;
    const found =
      ids.length === 0 ? [] : await this.#api.library.images.rows({ project: this.#project, ids });
    if (mine !== this.#asked) return;
    this.rows = [...this.rows, ...found];
    this.reading = false;
  }

  /** What a run got wrong on each split that it was evaluated on, the surest first. */
  async readMistakes({ id: run, checkpoints }: Pick<Run, 'id' | 'checkpoints'>): Promise<void> {
    this.mistakes = null;
    const [checkpoint] = checkpoints;
    if (checkpoint === undefined) return;
    const known: { id: number; sure: number }[] = [];
    let evaluated = false;
    for (const split of ['test', 'validation', 'train'] as const) {
      const asked = { project: this.#project, run, checkpoint, split };
      if ((await this.#api.evaluation.report(asked)) === null) continue;
      evaluated = true;
      const cell = { ...asked, correct: false, limit: MOST_MISTAKES };
      const { predictions } = await this.#api.evaluation.cell(cell);
      for (const { image, probabilities } of predictions) {
        if (image !== null) known.push({ id: image, sure: Math.max(...probabilities) });
      }
    }
    if (evaluated) {
      this.mistakes = known.toSorted((one, other) => other.sure - one.sure).map(({ id }) => id);
    }
  }
}
