/** A folder with what users' disks hold: good pictures of all kinds, and everything else. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

export const GOOD = 200;
const formats = ['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const;
const names = ['plain', 'with some spaces', 'smile 😀', '图片', 'naïve café', "quote's & plus+"];

/** The files that cannot become images, by their path inside the folder. */
export interface Torture {
  bad: string[];
  huge: string;
}

export async function makeTortureFolder(folder: string): Promise<Torture> {
  for (const name of ['cats', 'dogs', 'empty folder', 'broken']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  for (let index = 0; index < GOOD; index += 1) {
    const format = formats[index % formats.length] ?? 'png';
    const name = names[Math.floor(index / formats.length) % names.length] ?? 'plain';
    const file = join(folder, index % 2 === 0 ? 'cats' : 'dogs', `${name} ${index}.${format}`);
    await picture(index).toFormat(format).toFile(file);
  }
  const bad = await makeBroken(folder);
  symlinkSync('..', join(folder, 'cats', 'loop'), 'dir');
  bad.push('cats/loop');
  const huge = 'huge.png';
  await makeHuge(join(folder, huge));
  return { bad, huge };
}

/** Different pixels for each index, sizes from 16×9 to about 1200×900, some grey, some with alpha. */
function picture(index: number): Sharp {
  const width = 16 + ((index * 97) % 1185);
  const height = 9 + ((index * 61) % 890);
  const image = sharp({
    create: {
      width,
      height,
      channels: index % 5 === 0 ? 4 : 3,
      background: {
        r: (index * 37) % 256,
        g: (index * 91) % 256,
        b: (index * 13) % 256,
        alpha: 0.5,
      },
    },
  });
  return index % 7 === 0 ? image.greyscale() : image;
}

async function makeBroken(folder: string): Promise<string[]> {
  const bad: string[] = [];
  const add = (name: string, bytes: Uint8Array | string): void => {
    writeFileSync(join(folder, 'broken', name), bytes);
    bad.push(`broken/${name}`);
  };
  // Noise does not compress, so that cutting the file cuts pixels away.
  const noise = sharp({
    create: {
      width: 300,
      height: 200,
      channels: 3,
      background: 'black',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  });
  for (const [index, format] of (['jpeg', 'png', 'webp', 'tiff', 'gif'] as const).entries()) {
    const bytes = await noise.clone().toFormat(format).toBuffer();
    add(`cut ${index}.${format}`, bytes.subarray(0, Math.floor(bytes.length / 3)));
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, 4, Math.floor(damaged.length * 0.9));
    add(`damaged ${index}.${format}`, damaged);
  }
  add('a text.png', 'This is not a picture.\n'.repeat(50));
  add('nothing.png', '');
  return bad;
}

/** 20,000 × 20,000: 400 megapixels in a small file, since all are of one colour. */
async function makeHuge(file: string): Promise<void> {
  await sharp({
    create: { width: 20_000, height: 20_000, channels: 3, background: 'teal' },
    limitInputPixels: false,
  })
    .png({ palette: true, colours: 2 })
    .toFile(file);
}
