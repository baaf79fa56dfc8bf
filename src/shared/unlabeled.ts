/**
 * Learning from images without a label: in rounds, the averaged weights say what these images are,
 * and training learns from that as from labels (`engine/training/unlabeled`).
 */
import * as z from 'zod';

export const unlabeledSpec = z.strictObject({
  /** Epochs on the labeled images only, before the model is asked about others. */
  warmup: z.number().int().min(1).max(100_000),
  /** Epochs of a round, before it is asked again. */
  round: z.number().int().min(1).max(100_000),
  /** Unlabeled images for each labeled one in the epochs of a round. */
  ratio: z.number().min(0.1).max(100),
  /** Answers are smoothed over so many of the images that are most alike to the model; 0: not at all. */
  neighbors: z.number().int().min(0).max(100),
  /** Its answers are raised to 1 / temperature: below 1 they become surer. */
  temperature: z.number().min(0.05).max(1),
});
export type UnlabeledSpec = z.infer<typeof unlabeledSpec>;

/** An answer of at least so much for one class counts as sure where it is reported. */
export const SURE = 0.9;

export interface ImageCounts {
  labeled: number;
  unlabeled: number;
}

/** Unlabeled images that an epoch (1-based) visits, none of them twice. */
export function unlabeledInEpoch(
  spec: UnlabeledSpec | null,
  { labeled, unlabeled }: ImageCounts,
  epoch: number,
): number {
  if (spec === null || epoch <= spec.warmup) return 0;
  return Math.min(unlabeled, Math.round(labeled * spec.ratio));
}

/** Images that the first `epochs` epochs visit together. */
export function imagesInEpochs(
  spec: UnlabeledSpec | null,
  counts: ImageCounts,
  epochs: number,
): number {
  const later = Math.max(0, epochs - (spec?.warmup ?? epochs));
  return epochs * counts.labeled + later * unlabeledInEpoch(spec, counts, Infinity);
}

/** 1 for the first round, 0 in the warm-up and without unlabeled images. */
export function roundOf(spec: UnlabeledSpec | null, epoch: number): number {
  if (spec === null) return 0;
  return Math.max(0, Math.ceil((epoch - spec.warmup) / spec.round));
}
