/** What is looked at beside it: another picture in the same model, or the same picture in another. */
import type { Run } from '#shared/contract/index.ts';
import { PictureState } from './picture.svelte.ts';
import { subjectOf, type InspectClient, type NamedSource, type Subject } from './subject.ts';

export const comparisons = ['none', 'picture', 'run'] as const;
export type Comparison = (typeof comparisons)[number];

export class CompareState {
  kind = $state<Comparison>('none');
  /** Which of two pictures the next choice replaces. */
  slot = $state<'first' | 'second'>('first');
  readonly picture: PictureState;
  run = $state.raw<Run | null>(null);
  readonly #project: string;

  constructor(client: InspectClient, project: string) {
    this.#project = project;
    this.picture = new PictureState(client);
  }

  /** @param other what to begin with, where nothing was chosen yet */
  choose(kind: Comparison, other: { image: number | null; run: Run | null }): void {
    this.kind = kind;
    this.slot = kind === 'picture' ? 'second' : 'first';
    if (kind === 'picture' && !this.picture.source && other.image !== null) {
      this.picture.showImage(other.image);
    }
    if (kind === 'run') this.run ??= other.run;
  }

  /** What to look at on the second side; null where there is no second side. */
  beside(first: Subject, source: NamedSource): { subject: Subject; source: NamedSource } | null {
    if (this.kind === 'picture') {
      const second = this.picture.source;
      return second && { subject: first, source: second };
    }
    if (this.kind !== 'run' || !this.run) return null;
    const checkpoint = this.run.checkpoints.includes('best') ? 'best' : 'last';
    return { subject: subjectOf(this.#project, this.run, checkpoint), source };
  }

  leave(): void {
    this.picture.seen.cancel();
  }
}
