import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as format from '../../../src/renderer/ui/format.ts';

/** Narrow no-break spaces read as plain ones here. */
const plain = (text: string) => text.replaceAll('\u202f', ' ');

describe('counts', () => {
  it('groups thousands and agrees in number', () => {
    expect(format.integer(167_114)).toBe('167,114');
    expect(format.count(1, 'image')).toBe('1 image');
    expect(format.count(0, 'image')).toBe('0 images');
    expect(format.count(70_000, 'class')).toBe('70,000 classes');
    expect(format.integer(Number.NaN)).toBe('–');
  });

  it('shortens large numbers', () => {
    expect(plain(format.compact(167_114))).toBe('167 k');
    expect(plain(format.compact(9_494_561))).toBe('9.5 M');
    expect(plain(format.compact(999_900))).toBe('1 M');
    expect(format.compact(640)).toBe('640');
    expect(plain(format.bytes(4_210_000))).toBe('4.2 MB');
    expect(plain(format.bytes(999_950))).toBe('1.0 MB');
    expect(plain(format.bytes(640))).toBe('640 B');
  });
});

describe('shares', () => {
  it('keeps one decimal and the exact ends whole', () => {
    expect(plain(format.percent(0.7924))).toBe('79.2 %');
    expect(plain(format.percent(1))).toBe('100 %');
    expect(plain(format.percent(0))).toBe('0 %');
    expect(plain(format.percent(0.9, 1))).toBe('90.0 %');
  });

  it('never rounds to all or to nothing', () => {
    expect(plain(format.percent(0.99999))).toBe('99.9 %');
    expect(plain(format.wholePercent(0.996))).toBe('99 %');
    expect(plain(format.percent(0.0002))).toBe('<0.1 %');
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const text = plain(format.percent(share));
        if (share < 1) expect(text).not.toBe('100 %');
        if (share > 0) expect(text).not.toBe('0 %');
      }),
    );
  });

  it('says differences in points with a true minus', () => {
    expect(format.points(0.0187)).toBe('+1.9 points');
    expect(format.points(-0.01)).toBe('−1.0 point');
    expect(format.points(0)).toBe('0.0 points');
    expect(plain(format.between([0.776, 0.808]))).toBe('between 77.6 % and 80.8 %');
  });
});

describe('durations', () => {
  it.each([
    [0.42, '0.4 s'],
    [3, '3 s'],
    [40, '40 s'],
    [80, '1 min 20 s'],
    [59.7, '1 min'],
    [3599.8, '1 h'],
    [7500, '2 h 5 min'],
    [90_000, '1 d 1 h'],
  ])('%d s is %s', (seconds, text) => {
    expect(plain(format.duration(seconds))).toBe(text);
  });

  it.each([
    [0.3, 'a second'],
    [7.2, '8 s'],
    [38, '40 s'],
    [57, '1 min'],
    [92, '1½ min'],
    [200, '3½ min'],
    [1000, '17 min'],
    [4800, '1 h 20 min'],
  ])('estimates %d s as %s', (seconds, text) => {
    expect(plain(format.roughDuration(seconds))).toBe(text);
  });

  it('never shows sixty of anything', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
        expect(plain(format.duration(seconds))).not.toMatch(/\b60 (s|min)\b|\b24 h\b/);
        expect(plain(format.roughDuration(seconds))).not.toMatch(/\b60 (s|min)\b|\b24 h\b/);
      }),
    );
  });

  it('says what is left', () => {
    expect(format.remaining(null)).toBe('estimating…');
    expect(format.remaining(2)).toBe('a few seconds left');
    expect(plain(format.remaining(130))).toBe('about 2 min left');
  });
});

describe('dates', () => {
  const now = new Date(2026, 10, 22, 14, 5).getTime();
  it.each([
    [now - 5_000, 'just now'],
    [now - 180_000, '3 min ago'],
    [new Date(2026, 10, 22, 9, 30).getTime(), '09:30'],
    [new Date(2026, 10, 21, 23, 59).getTime(), 'yesterday 23:59'],
    [new Date(2026, 2, 1).getTime(), '1 Mar'],
    [new Date(2025, 2, 1).getTime(), '1 Mar 2025'],
  ])('%d is %s', (timestamp, text) => {
    expect(plain(format.when(timestamp, now))).toBe(text);
  });
});

describe('small reals', () => {
  it.each([
    [2.04e-7, '2e-7'],
    [0.34567, '0.346'],
    [2.3026, '2.30'],
    [45.12, '45.1'],
    [123_456, '1.2e5'],
    [Number.NaN, '–'],
  ])('%d reads %s', (value, text) => {
    expect(format.real(value)).toBe(text);
  });
  it('keeps settings as typed', () => {
    expect(format.setting(0.001)).toBe('0.001');
    expect(format.setting(1e-7)).toBe('1e-7');
    expect(format.scientific(0)).toBe('0');
  });
});

describe('lists and names', () => {
  it('names a few and counts the rest', () => {
    expect(format.list(['a'])).toBe('a');
    expect(format.list(['a', 'b', 'c'])).toBe('a, b and c');
    expect(format.list(['a', 'b', 'c', 'd'])).toBe('a, b and 2 more');
    expect(format.fileName('C:\\photos\\cat 1.png')).toBe('cat 1.png');
    expect(format.shape([26, 26, 32])).toBe('26×26×32');
  });
});
