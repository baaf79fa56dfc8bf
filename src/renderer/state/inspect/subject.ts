/** The model that is looked into, and small things that all of its views need. */
import type { Checkpoint, FoveaClient, InspectSource, Run } from '#shared/contract/index.ts';

export interface Subject {
  project: string;
  run: string;
  checkpoint: Checkpoint;
  /** Changes when the checkpoint does: while the run is training. */
  version: string;
}

/** While a run trains, its checkpoints are overwritten. */
export function subjectOf(project: string, run: Run, checkpoint: Checkpoint): Subject {
  const epoch = checkpoint === 'best' ? run.bestEpoch : run.epochs.at(-1)?.epoch;
  return { project, run: run.id, checkpoint, version: `epoch ${epoch ?? 0}` };
}

export type InspectClient = FoveaClient['inspect'];

/** What calls take of a subject. */
export function inRun({ project, run, checkpoint }: Subject) {
  return { project, run, checkpoint };
}

export function keyOf(
  { run, checkpoint, version }: Subject,
  ...parts: (string | number)[]
): string {
  return JSON.stringify([run, checkpoint, version, ...parts]);
}

/** A source and a name for it that no other source has. */
export interface NamedSource {
  source: InspectSource;
  key: string;
}

export const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer());
export const floatsOf = async (file: File) => new Float32Array(await file.arrayBuffer());

/** Equal parts of a row of bytes or numbers. */
export function parts<T extends Uint8Array | Float32Array>(values: T, size: number): T[] {
  return Array.from(
    { length: size > 0 ? Math.floor(values.length / size) : 0 },
    (_, at) => values.subarray(at * size, (at + 1) * size) as T,
  );
}
