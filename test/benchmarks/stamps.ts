/**
 * A small colour data set of twelve classes from Tux Paint's stamps (Debian: apt-get install
 * tuxpaint-stamps-default): at most fifteen pictures of each class, or six in ten, to train on, the
 * others to test with. Which are which comes from the hashes of the files' names.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const STAMPS = '/usr/share/tuxpaint/stamps';
const MOST = 15;

const folders = {
  mammals: 'animals/mammals',
  birds: 'animals/birds',
  insects: 'animals/insects',
  fish: 'animals/fish',
  fruit: 'food/fruit',
  vegetables: 'food/vegetables',
  flowers: 'plants/flowers',
  houses: 'town/houses',
  roadsigns: 'town/roadsigns',
  money: 'symbols/money',
  tools: 'household/tools',
  instruments: 'hobbies/music',
};

/** @returns how many pictures there are of each part */
export function makeStamps(target: string): { classes: number; train: number; test: number } {
  if (!existsSync(STAMPS)) throw new Error('apt-get install tuxpaint-stamps-default');
  const made = { classes: 0, train: 0, test: 0 };
  for (const [name, folder] of Object.entries(folders)) {
    const files = globSync(`${folder}/**/*.png`, { cwd: STAMPS })
      .map((file) => join(STAMPS, file))
      .sort((one, other) => rank(one).localeCompare(rank(other)));
    const few = Math.min(MOST, Math.floor(files.length * 0.6));
    for (const [index, file] of files.entries()) {
      const part = index < few ? 'train' : 'test';
      mkdirSync(join(target, part, name), { recursive: true });
      cpSync(file, join(target, part, name, basename(file)));
      made[part]++;
    }
    made.classes++;
  }
  return made;
}

function rank(file: string): string {
  return createHash('sha256').update(basename(file)).digest('hex');
}
