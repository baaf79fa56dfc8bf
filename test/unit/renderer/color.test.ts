import { describe, expect, it } from 'vitest';
import { barsOf } from '../../../src/renderer/ui/charts/bars.ts';
import { blend, contrast, parseHex, readable } from '../../../src/renderer/ui/charts/color.ts';

describe('colours of drawn cells', () => {
  it('reads and blends hex colours', () => {
    expect(parseHex('#6aa9ff')).toEqual([106, 169, 255]);
    expect(parseHex('#fff')).toEqual([255, 255, 255]);
    expect(parseHex('#6aa9ff22')).toEqual([106, 169, 255]);
    expect(blend('#000000', '#ffffff', 0.5)).toBe('#808080');
    expect(blend('#123456', '#abcdef', 0)).toBe('#123456');
  });

  it('measures contrast as WCAG does', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 1);
  });

  // The grounds of both themes, as ui/tokens.css has them.
  const themes = [
    { ground: '#191817', tones: ['#6aa9ff', '#ff7a70'] },
    { ground: '#f4f2ef', tones: ['#1d5fc4', '#c0271d'] },
  ] as const;

  it('keeps every number on every cell readable in both themes', () => {
    for (const { ground, tones } of themes) {
      for (const tone of tones) {
        for (let strength = 0; strength <= 1; strength += 0.01) {
          const fill = blend(ground, tone, strength * 0.92);
          expect(contrast(fill, readable(fill, ['#ffffff', '#000000']))).toBeGreaterThanOrEqual(
            4.5,
          );
        }
      }
    }
  });
});

describe('bars of class probabilities', () => {
  const classes = ['shirt', 'coat', 'bag'];

  it('colours the true class and, if it is another, the predicted one', () => {
    const tones = (truth: string | null) =>
      barsOf(classes, [0.2, 0.7, 0.1], truth, false).shown.map((bar) => bar.tone);
    expect(tones('coat')).toEqual(['plain', 'right', 'plain']);
    expect(tones('shirt')).toEqual(['right', 'wrong', 'plain']);
    expect(tones(null)).toEqual(['plain', 'predicted', 'plain']);
  });

  it('shows the most probable of many, and always the true one', () => {
    const many = Array.from({ length: 200 }, (_, index) => `class ${index}`);
    const probabilities = many.map((_, index) => (index + 1) / 20_100);
    const { shown, hidden } = barsOf(many, probabilities, 'class 0', false);
    expect(shown).toHaveLength(11);
    expect(hidden).toBe(189);
    expect(shown[0]?.name).toBe('class 199');
    expect(shown.at(-1)).toMatchObject({ name: 'class 0', tone: 'right' });
    expect(barsOf(many, probabilities, 'class 0', true).shown).toHaveLength(200);
  });
});
