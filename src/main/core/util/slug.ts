/** 'Herbst-Blätter 2' → 'herbst-blatter-2'; 'model' when nothing of it is left. */
export function slug(name: string): string {
  const ascii = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  return (
    ascii
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 60) || 'model'
  );
}
