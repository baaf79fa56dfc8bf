/** Which images of the library an inspection is about, where it was not told. */
import type { StoredRun } from '../store/runs.ts';
import type { Project } from '../projects/project.ts';
import { evenly } from '../augmentation/preview.ts';

/** Of those that the run validates on, else of those that it trained on: some, evenly through them. */
export function usualImages({ store }: Project, run: StoredRun, limit: number): number[] {
  const part = run.validationImages > 0 ? 'validation' : 'train';
  return evenly([...store.runs.data(run.id, part).images], limit);
}
