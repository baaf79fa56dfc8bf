/** What a run's curves say, as one sentence that a user can act on. */
import type { Run } from './contract/index.ts';
import { integer, percent, wholePercent } from './format.ts';
import { plusMinus, shareInterval } from './intervals.ts';

const say = {
  diverged: 'Training fell apart: the loss is no longer a number. Try a smaller learning rate.',
  unchecked: (training: number) =>
    `${wholePercent(training)} on training images. Without validation images, nobody knows about new ones.`,
  guessing: (validation: number, chance: number) =>
    `No better than guessing yet: ${wholePercent(validation)}, where chance gives ${wholePercent(chance)}.`,
  memorising: (training: number, validation: string) =>
    `Memorising: ${wholePercent(training)} on training, ${validation} on new images. Get more images, vary them (augmentation), or add dropout.`,
  pastBest: (epoch: number, best: number, now: number) =>
    `Best at epoch ${integer(epoch)} with ${percent(best)}; now ${percent(now)}. The best model is kept.`,
  improving: (validation: string, training: number) =>
    `Still learning: ${validation} on new images, ${wholePercent(training)} on training.`,
  steady: (validation: string, training: number) =>
    `${validation} on new images, ${wholePercent(training)} on training.`,
};

export interface Verdict {
  tone: 'good' | 'neutral' | 'warning';
  text: string;
}

/** Epochs without a better value after which a run counts as past its best. */
const patience = 3;
/** Training accuracy this far above validation is memorising. */
const wideGap = 0.12;

type Judged = Pick<Run, 'epochs' | 'classes' | 'bestEpoch' | 'validationImages'>;

/** Null before the first epoch. */
export function judge(run: Judged): Verdict | null {
  const last = run.epochs.at(-1);
  if (!last) return null;
  if (!Number.isFinite(last.loss)) return { tone: 'warning', text: say.diverged };
  if (last.valAccuracy === null) return { tone: 'neutral', text: say.unchecked(last.accuracy) };

  const interval = shareInterval(last.valAccuracy, run.validationImages);
  const validation = `${wholePercent(last.valAccuracy)} ${plusMinus(interval)}`;
  const chance = 1 / Math.max(1, run.classes.length);
  if (last.accuracy < chance * 1.25 + 0.01 && last.valAccuracy < chance * 1.25 + 0.01) {
    return { tone: 'warning', text: say.guessing(last.valAccuracy, chance) };
  }
  if (last.accuracy - last.valAccuracy >= wideGap && last.accuracy >= 0.8) {
    return { tone: 'warning', text: say.memorising(last.accuracy, validation) };
  }
  const best = run.epochs.find((epoch) => epoch.epoch === run.bestEpoch);
  if (best && best.valAccuracy !== null && last.epoch - best.epoch >= patience) {
    return { tone: 'neutral', text: say.pastBest(best.epoch, best.valAccuracy, last.valAccuracy) };
  }
  const before = run.epochs.at(-3);
  if (before && before.valAccuracy !== null && last.valAccuracy - before.valAccuracy > 0.005) {
    return { tone: 'good', text: say.improving(validation, last.accuracy) };
  }
  return { tone: 'neutral', text: say.steady(validation, last.accuracy) };
}
