/**
 * Colours for classes: twelve that stay apart for people with any of the common kinds of colour
 * blindness (Martin Krzywinski, "Designing for color blindness", 12-colour palette), ordered so that
 * neighbours in a list differ in lightness as well as in hue. From the 13th class on they repeat, and
 * the interface adds a pattern.
 */
export const classColors = [
  '#008df9',
  '#ff6e3a',
  '#009f81',
  '#ffc33b',
  '#ff5aaf',
  '#00c2f9',
  '#e20134',
  '#00fccf',
  '#8400cd',
  '#ffb2fd',
  '#9f0162',
  '#a40122',
] as const;

/** Colour of the class at `index` (from 0) in the order of creation. */
export function classColor(index: number): string {
  return classColors[index % classColors.length] ?? classColors[0];
}
