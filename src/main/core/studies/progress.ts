import type { StudyArm, StudyPart } from '#shared/contract/index.ts';
import type { JobControl } from '../jobs.ts';

/**
 * How far a study is, in training images seen, and how long the rest takes: each arm at its own
 * speed, as far as that was seen.
 */
export class StudyProgress {
  readonly #control: JobControl;
  readonly #parts: readonly StudyPart[];
  readonly #epochs: number;
  /** Seconds for a training image, of the parts of an arm that are done. */
  readonly #speed = new Map<StudyArm, { seconds: number; images: number }>();
  #done = 0;

  constructor(control: JobControl, parts: readonly StudyPart[], epochs: number) {
    this.#control = control;
    this.#parts = parts;
    this.#epochs = epochs;
    parts.forEach((part, position) => {
      if (part.result) this.#learn(position, part.result.seconds);
    });
  }

  /** The part is measured. */
  done(position: number, seconds: number): void {
    this.#learn(position, seconds);
    this.#tell(position + 1, 0);
  }

  /** What a training within the study sees of its job: its progress becomes the study's. */
  within(position: number, control: JobControl): JobControl {
    const work = this.#work(this.#parts[position]!);
    this.#tell(position, 0);
    return {
      ...control,
      // Which epoch of which training it is would be too much.
      phase: (text) => {
        if (text.startsWith('Waiting')) control.phase(text);
      },
      progress: (done, total) => {
        // Decoding counts images too, but fewer: they are decoded already.
        if (total !== null && total >= work * 0.5) this.#tell(position, done / total);
      },
    };
  }

  #tell(position: number, share: number): void {
    const total = this.#parts.reduce((sum, part) => sum + this.#work(part), 0);
    const part = this.#parts[position];
    const done = this.#done + (part ? share * this.#work(part) : 0);
    this.#control.progress(Math.round(done), total, this.#remaining(position, share));
  }

  #remaining(position: number, share: number): number | null {
    let seconds = 0;
    for (const [index, part] of this.#parts.entries()) {
      if (part.result || index < position) continue;
      const speed = this.#speed.get(part.arm);
      if (!speed) return null;
      const rest = this.#work(part) * (index === position ? 1 - share : 1);
      seconds += (rest * speed.seconds) / speed.images;
    }
    return seconds;
  }

  #learn(position: number, seconds: number): void {
    const part = this.#parts[position]!;
    const images = this.#work(part);
    const known = this.#speed.get(part.arm) ?? { seconds: 0, images: 0 };
    this.#speed.set(part.arm, {
      seconds: known.seconds + seconds,
      images: known.images + images,
    });
    this.#done += images;
  }

  #work({ size }: StudyPart): number {
    return size * this.#epochs;
  }
}
