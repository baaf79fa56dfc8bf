/** What the outputs of a pretrained network stand for. */
import type { BackboneDetails } from '#shared/contract/index.ts';
import type { BackboneLibrary, LibraryEntry } from './library.ts';

export type ClassNames = Pick<BackboneDetails, 'classNames' | 'namesFrom'>;

const IMAGENET = 1000;

/**
 * As the file says; else ImageNet's, where there are as many (or one more, for "none of them", first,
 * as TensorFlow's networks have it); else numbers.
 */
export function classNamesOf(
  entry: LibraryEntry,
  outputs: number | null,
  library: Pick<BackboneLibrary, 'list'>,
): ClassNames {
  if (outputs === null) return { classNames: null, namesFrom: null };
  const own = entry.graph.metadata.classes;
  if (own?.length === outputs) return { classNames: [...own], namesFrom: 'file' };
  const known = library
    .list()
    .find(({ boxed, graph }) => boxed && graph.metadata.classes?.length === IMAGENET);
  const names = known?.graph.metadata.classes;
  if (names && outputs === IMAGENET) return { classNames: [...names], namesFrom: 'imagenet' };
  if (names && outputs === IMAGENET + 1) {
    return { classNames: ['none of them', ...names], namesFrom: 'imagenet' };
  }
  const numbered = Array.from({ length: outputs }, (_, index) => `class ${index}`);
  return { classNames: numbered, namesFrom: null };
}
