/** Just enough colour arithmetic to keep text readable on drawn cells. */

type Rgb = readonly [number, number, number];

/** '#rgb', '#rrggbb' or '#rrggbbaa' (alpha ignored) → 0–255 each; black when it is none of them. */
export function parseHex(color: string): Rgb {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(color.trim())?.[1] ?? '000';
  const full = hex.length < 6 ? hex.replace(/./g, '$&$&') : hex;
  const at = (start: number) => Number.parseInt(full.slice(start, start + 2), 16);
  return [at(0), at(2), at(4)];
}

/** `share` of `over` on top of `under`, as '#rrggbb'. */
export function blend(under: string, over: string, share: number): string {
  const a = parseHex(under);
  const b = parseHex(over);
  const mix = a.map((value, index) => Math.round(value + (b[index]! - value) * share));
  return `#${mix.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/** The one of `candidates` that reads best on `background`. */
export function readable(background: string, candidates: readonly [string, ...string[]]): string {
  return candidates.reduce((best, color) =>
    contrast(background, color) > contrast(background, best) ? color : best,
  );
}

function luminance(color: string): number {
  const [r, g, b] = parseHex(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
