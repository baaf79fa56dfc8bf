/** Which class probabilities are shown, in which order and in which colour. */

export interface Bar {
  index: number;
  name: string;
  probability: number;
  predicted: boolean;
  /** 'right': the true class; 'wrong': predicted and not true; 'predicted': nobody knows the truth. */
  tone: 'right' | 'wrong' | 'predicted' | 'plain';
}

/** Up to this many classes are all shown, in their own order, so that two pictures can be compared. */
const few = 20;
const shownOfMany = 10;

export function barsOf(
  classes: readonly string[],
  probabilities: readonly number[],
  truth: string | null,
  all: boolean,
): { shown: Bar[]; hidden: number } {
  let top = 0;
  probabilities.forEach((value, index) => {
    if (value > probabilities[top]!) top = index;
  });
  const bars = classes.map((name, index): Bar => {
    const predicted = index === top;
    let tone: Bar['tone'] = 'plain';
    if (name === truth) tone = 'right';
    else if (predicted) tone = truth === null ? 'predicted' : 'wrong';
    return { index, name, probability: probabilities[index] ?? 0, predicted, tone };
  });
  if (bars.length <= few) return { shown: bars, hidden: 0 };
  const ranked = bars.toSorted((a, b) => b.probability - a.probability || a.index - b.index);
  if (all) return { shown: ranked, hidden: 0 };
  const shown = ranked.filter((bar, rank) => rank < shownOfMany || bar.tone === 'right');
  return { shown, hidden: bars.length - shown.length };
}
