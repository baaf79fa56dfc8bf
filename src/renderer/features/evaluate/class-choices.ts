/** Classes offered for a picture: the one that the model sees first, then in their own order. */
import type { ClassInfo } from '#shared/contract/index.ts';

export function choices(
  classes: readonly ClassInfo[],
  query: string,
  likely: string,
): readonly ClassInfo[] {
  const wanted = query.trim().toLowerCase();
  const rank = (info: ClassInfo): number => {
    const name = info.name.toLowerCase();
    if (wanted !== '') return name.startsWith(wanted) ? 0 : 1;
    return info.name === likely ? 0 : 1;
  };
  return classes
    .filter((info) => info.name.toLowerCase().includes(wanted))
    .toSorted((a, b) => rank(a) - rank(b));
}
