/** What images are, as training is told. */

/**
 * The class of each image, or, as float32 of images × classes, how much of each class is in it:
 * where images are blended, or where another model's opinion is learned.
 */
export type Labels = Int32Array | Float32Array;

/** How many images `labels` are of. */
export function imagesOf(labels: Labels, classes: number): number {
  return labels instanceof Int32Array ? labels.length : labels.length / classes;
}

/** Writes the share of each class in each image, images × classes. */
export function writeTargets(targets: Float32Array, labels: Labels, classes: number): void {
  if (!(labels instanceof Int32Array)) {
    targets.set(labels);
    return;
  }
  targets.fill(0);
  for (const [image, label] of labels.entries()) targets[image * classes + label] = 1;
}
