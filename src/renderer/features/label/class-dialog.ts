/** Which dialog about a class is open. */
import type { ClassInfo } from '#shared/contract/index.ts';

export interface ClassDialog {
  kind: 'color' | 'key' | 'merge' | 'remove';
  info: ClassInfo;
}
