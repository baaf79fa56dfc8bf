import type { TrainingDefaults } from '../contract/models.ts';

export const recipeIds = ['small-data', 'use-unlabeled'] as const;
export type RecipeId = (typeof recipeIds)[number];

/** What a recipe goes by. */
export interface RecipeData {
  /** Of most of the labeled images. */
  height: number;
  width: number;
  channels: number;
  /** Labeled images to train on. */
  labels: number;
  /** Images without a label that could be learned from. */
  unlabeled: number;
  classNames: readonly string[];
}

export type RecipeSettings = TrainingDefaults;
