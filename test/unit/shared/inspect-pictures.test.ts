import { describe, expect, it } from 'vitest';
import { colorMapNames, colorOf, paint } from '#shared/color-maps.ts';
import { planesToRgb, scaleKernels, toBytes } from '#shared/inspect/kernels.ts';
import { rangeBytes, standardBytes, statsOf } from '#shared/inspect/maps.ts';

describe('colours', () => {
  it('are matplotlib’s at the ends and in the middle', () => {
    expect(colorOf('viridis', 0)).toEqual([0x44, 0x01, 0x54]);
    expect(colorOf('viridis', 255)).toEqual([0xfd, 0xe7, 0x25]);
    expect(colorOf('magma', 0)).toEqual([0, 0, 4]);
    expect(colorOf('grey', 77)).toEqual([77, 77, 77]);
  });

  it('get lighter from end to end where they are for scalars', () => {
    for (const name of colorMapNames.filter((each) => each !== 'diverging')) {
      const lightness = Array.from({ length: 256 }, (_, byte) => {
        const [red, green, blue] = colorOf(name, byte);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      });
      lightness
        .slice(1)
        .forEach((value, at) => expect(value).toBeGreaterThan(lightness[at]! - 0.6));
    }
  });

  it('are grey at zero and blue and red beside it where numbers have a sign', () => {
    const [red, green, blue] = colorOf('diverging', 127.5);
    expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThan(6);
    expect(colorOf('diverging', 0)[2]).toBeGreaterThan(colorOf('diverging', 0)[0]);
    expect(colorOf('diverging', 255)[0]).toBeGreaterThan(colorOf('diverging', 255)[2]);
  });

  it('make pictures with and without opacity', () => {
    expect([...paint('grey', Uint8Array.of(3, 9))]).toEqual([3, 3, 3, 255, 9, 9, 9, 255]);
    expect([...paint('grey', Uint8Array.of(3, 9), 3)]).toEqual([3, 3, 3, 9, 9, 9]);
  });
});

describe('kernels', () => {
  const values = Float32Array.of(-1, 0, 1, 3);

  it('are scaled over the layer, each by itself, or around zero', () => {
    expect([...scaleKernels(values, 2, 'layer')]).toEqual([0, 0.25, 0.5, 1]);
    expect([...scaleKernels(values, 2, 'kernel')]).toEqual([0, 1, 0, 1]);
    const [a, zero, , end] = scaleKernels(values, 2, 'symmetric');
    expect([a, zero, end]).toEqual([Math.fround(1 / 3), 0.5, 1]);
    expect([...scaleKernels(Float32Array.of(2, 2), 2, 'kernel')]).toEqual([0.5, 0.5]);
    expect([...toBytes(Float32Array.of(0, 0.5, 1))]).toEqual([0, 128, 255]);
  });

  it('of colour images are pixels of three planes', () => {
    const unit = Float32Array.of(1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1);
    expect([...planesToRgb(unit, 2)]).toEqual([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255]);
  });
});

describe('maps', () => {
  it('know their numbers', () => {
    expect(statsOf(Float32Array.of(0, 2, 0, 2))).toEqual({
      mean: 1,
      deviation: 1,
      least: 0,
      most: 2,
      zeros: 0.5,
    });
  });

  it('become bytes', () => {
    const values = Float32Array.of(0, 2, 0, 2);
    expect([...standardBytes(values, statsOf(values))]).toEqual([64, 192, 64, 192]);
    const flat = Float32Array.of(7, 7);
    expect([...standardBytes(flat, statsOf(flat))]).toEqual([128, 128]);
    expect([...rangeBytes(Float32Array.of(1, 2, 3))]).toEqual([0, 128, 255]);
    expect([...rangeBytes(Float32Array.of(-1, 0, 0.5), true)]).toEqual([0, 128, 191]);
    expect([...rangeBytes(flat)]).toEqual([128, 128]);
  });
});
