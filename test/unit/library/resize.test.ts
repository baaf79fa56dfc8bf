import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import { convertChannels, resize, toModelInput } from '#shared/resize.ts';
// Values of Pillow 13: noise of seed 100·height + 10·width + channels, resized with BILINEAR.
import pillow from '../../fixtures/images/pillow.json' with { type: 'json' };

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

interface Case {
  height: number;
  width: number;
  channels: number;
  outHeight: number;
  outWidth: number;
}

/** The operator that exported models begin with. */
async function onnxResize(data: Uint8Array, to: Case): Promise<number[]> {
  const b = new GraphBuilder('resize');
  const image = b.input('image', 'uint8', [1, 'height', 'width', to.channels]);
  const scaled = b.op('Resize', [image, null, null, b.ints([to.outHeight, to.outWidth])], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
    antialias: 1,
    exclude_outside: 1,
    axes: [1, 2],
  });
  b.output('scaled', scaled);
  const session = await InferenceSession.create(toOnnx(b.finish()));
  const tensor = new Tensor('uint8', data, [1, to.height, to.width, to.channels]);
  const { scaled: answer } = await session.run({ image: tensor });
  await session.release();
  return [...(answer!.data as Uint8Array)];
}

describe('resize', () => {
  it.each(pillow.resize)(
    'gives what Pillow gives, give or take 1: $height×$width×$channels to $outHeight×$outWidth',
    ({ height, width, channels, outHeight, outWidth, values }) => {
      const data = noise(height * width * channels, height * 100 + width * 10 + channels);
      const out = resize({ data, height, width, channels }, outHeight, outWidth);
      expect(out.length).toBe(values.length);
      expect(Math.max(...out.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThanOrEqual(
        1,
      );
    },
  );

  it('gives what the exported graph gives in ONNX Runtime, to the bit', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    const anyCase = fc.record({
      height: size,
      width: size,
      outHeight: size,
      outWidth: size,
      channels: fc.constantFrom(1, 3),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async (c) => {
        const data = noise(c.height * c.width * c.channels, c.seed);
        expect([...resize({ ...c, data }, c.outHeight, c.outWidth)]).toEqual(
          await onnxResize(data, c),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('keeps a picture of one colour that colour', () => {
    const size = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(size, size, size, size, fc.nat({ max: 255 }), (height, width, h, w, value) => {
        const data = new Uint8Array(height * width).fill(value);
        const out = resize({ data, height, width, channels: 1 }, h, w);
        expect(out.length).toBe(h * w);
        expect(out.every((pixel) => pixel === value)).toBe(true);
      }),
    );
  });

  it('leaves a picture of the right size alone', () => {
    const data = noise(28 * 28, 1);
    expect(resize({ data, height: 28, width: 28, channels: 1 }, 28, 28)).toBe(data);
  });
});

describe('convertChannels', () => {
  it('makes grey as Pillow does', () => {
    expect([...convertChannels(noise(48, 99), 3, 1)]).toEqual(pillow.luma);
  });

  it('repeats grey for RGB, and gets the same grey back', () => {
    const grey = Uint8Array.from({ length: 256 }, (_, i) => i);
    const colour = convertChannels(grey, 1, 3);
    expect([...colour.subarray(3 * 77, 3 * 78)]).toEqual([77, 77, 77]);
    expect(convertChannels(colour, 3, 1)).toEqual(grey);
  });

  it('comes before the resize', () => {
    const data = noise(10 * 6 * 3, 5);
    const grey = convertChannels(data, 3, 1);
    expect(
      toModelInput(
        { data, height: 10, width: 6, channels: 3 },
        { height: 4, width: 4, channels: 1 },
      ),
    ).toEqual(resize({ data: grey, height: 10, width: 6, channels: 1 }, 4, 4));
  });
});
