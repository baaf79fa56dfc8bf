/** What a study says, in the words and files that the window and the command line share. */
import type { StudyResult } from './contract/index.ts';

const percent = (share: number): string => `${share > 0.9995 ? 100 : (share * 100).toFixed(1)} %`;
const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const points = (share: number): string => {
  const value = share * 100;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
};

/** What twice the labels would bring; '' where nothing can be said. */
export function estimateSentence({ curves }: Pick<StudyResult, 'curves'>): string {
  const curve = curves.find(({ arm }) => arm === 'model');
  if (!curve) return '';
  if (!curve.estimate) {
    return 'Three numbers of labels or more are needed to say what further ones would bring.';
  }
  const { size, accuracy, interval, gain, gainInterval } = curve.estimate;
  const sure =
    gainInterval[0] > 0.005
      ? 'More labels would help.'
      : gainInterval[1] < 0.01
        ? 'More labels of this kind would hardly help.'
        : 'Whether that is worth it is not sure yet: more seeds or more sizes would tell.';
  return (
    `With twice the labels (${integer.format(size)}) expect about ${percent(accuracy)} ` +
    `(${percent(interval[0])} to ${percent(interval[1])}), ` +
    `${points(gain)} points (${points(gainInterval[0])} to ${points(gainInterval[1])}). ${sure}`
  );
}

/** A line a training. */
export function studyCsv({ parts }: Pick<StudyResult, 'parts'>): string {
  const lines = parts.map(({ arm, size, seed, fold, run, result }) =>
    [
      arm,
      size,
      seed,
      fold ?? '',
      run ?? '',
      result?.images ?? '',
      result?.accuracy ?? '',
      result?.balancedAccuracy ?? '',
      result?.loss ?? '',
      result?.seconds ?? '',
    ].join(','),
  );
  const header = 'arm,labels,seed,fold,run,images,accuracy,balanced_accuracy,loss,seconds';
  return `${[header, ...lines].join('\n')}\n`;
}
