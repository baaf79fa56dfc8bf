/** A pretrained network on the disk: its file, and beside it what is known of it. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { backboneOutline, graphOf } from '../engine/backbones/outline.ts';
import type { ImportedGraph } from '../engine/import/types.ts';

export const description = z.object({
  format: z.literal(1),
  /** What commands call it. */
  id: z.string().min(1).max(200),
  name: z.string().min(1).max(200),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int(),
  /** Where its weights come from, and under which licence; null for a user's own file. */
  origin: z.object({ source: z.string(), licence: z.string() }).nullable(),
  outline: backboneOutline,
});
export type Description = z.infer<typeof description>;

export interface KnownBackbone extends Omit<Description, 'format' | 'outline'> {
  /** Its ONNX file. */
  file: string;
  /** Without the numbers of its weights. */
  graph: ImportedGraph;
}

/** `name.onnx` → `name.json`. */
export function descriptionFile(file: string): string {
  return file.replace(/\.onnx$/, '.json');
}

/** Null where the description is missing or is none. */
export function readBackbone(file: string): KnownBackbone | null {
  try {
    const text = readFileSync(descriptionFile(file), 'utf8');
    const { outline, format: _, ...known } = description.parse(JSON.parse(text));
    return { ...known, file, graph: graphOf(outline) };
  } catch {
    return null;
  }
}
