/**
 * Which labels are likely wrong, from answers of models that did not learn from these images:
 * confident learning (Northcutt, Jiang and Chuang, 2021), as cleanlab has it.
 */

export interface LabelIssue {
  /** Of `truth`. */
  row: number;
  /** Class that the image is confidently taken for. */
  suggested: number;
  /** p(given) − p(suggested): the lower, the more doubtful. */
  margin: number;
}

/**
 * An image counts as class k with confidence where p(k) is at least the mean p(k) of the images that
 * are labeled k. Those that so count (if as several, as the most probable one) as another class than
 * their label are the off-diagonal of the confident joint. The most doubtful first.
 *
 * @param truth class index of each image
 * @param probabilities row-major images × classes
 */
export function labelIssues(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: number,
): LabelIssue[] {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < truth.length; row++) {
    const given = truth[row]!;
    sums[given]! += probabilities[row * classes + given]!;
    counts[given]! += 1;
  }
  // A class that no image is labeled as cannot be confidently counted as.
  const thresholds = sums.map((sum, index) =>
    counts[index] === 0 ? Infinity : sum / counts[index]!,
  );
  const issues: LabelIssue[] = [];
  for (let row = 0; row < truth.length; row++) {
    const given = truth[row]!;
    const of = (index: number): number => probabilities[row * classes + index]!;
    let suggested = -1;
    for (let index = 0; index < classes; index++) {
      if (of(index) < thresholds[index]! - 1e-6) continue;
      if (suggested < 0 || of(index) > of(suggested)) suggested = index;
    }
    if (suggested < 0 || suggested === given || of(suggested) <= of(given)) continue;
    issues.push({ row, suggested, margin: of(given) - of(suggested) });
  }
  return issues.sort((one, other) => one.margin - other.margin || one.row - other.row);
}
