/** Pretrained networks, as whoever resolves a model has them. */
import type { ImportedGraph } from '../import/types.ts';

/** By the SHA-256 of each file. */
export interface Backbones {
  get(sha256: string): ImportedGraph | undefined;
}

/** Paths by SHA-256, as they travel with a job. */
export type BackboneFiles = Readonly<Record<string, string>>;

export const noBackbones: Backbones = new Map<string, ImportedGraph>();
