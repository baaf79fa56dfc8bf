/** Colour of a weight or a product: blue above zero, red below, the stronger the larger. */
export function weightTint(value: number, largest: number): string | undefined {
  if (value === 0) return undefined;
  const share = Math.round((Math.abs(value) / largest) * 30);
  return `color-mix(in oklab, var(${value > 0 ? '--right' : '--wrong'}) ${share}%, transparent)`;
}
