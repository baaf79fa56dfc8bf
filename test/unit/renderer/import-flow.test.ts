import { describe, expect, it } from 'vitest';
import {
  choicesProblem,
  importOptions,
  nameFromPath,
  parseClassNames,
  type ImportChoices,
} from '../../../src/renderer/state/import-flow.svelte.ts';
import { nameOfDrop } from '../../../src/renderer/state/dropped-files.ts';
import { folderName, projectPath } from '../../../src/renderer/shell/project-path.ts';
import type { SourceScan } from '../../../src/shared/contract/index.ts';

const scan: SourceScan = {
  path: '/data/mnist',
  kind: 'idx',
  images: 100,
  otherFiles: 0,
  bytes: 1000,
  classes: [],
  splits: [],
  classNames: null,
  classCount: 3,
  warnings: [],
};

const choices: ImportChoices = {
  mode: 'reference',
  split: 'source',
  labels: 'source',
  limit: null,
  classNames: '',
};

describe('choicesProblem', () => {
  it('asks for as many different names as there are classes', () => {
    expect(choicesProblem(scan, choices)).toBe('class-names');
    expect(choicesProblem(scan, { ...choices, classNames: 'a\nb' })).toBe('class-names');
    expect(choicesProblem(scan, { ...choices, classNames: 'a\nb\nb' })).toBe('class-names');
    expect(choicesProblem(scan, { ...choices, classNames: 'a\n b \n\nc' })).toBeNull();
  });

  it('asks for none when the labels are not wanted, or come as folders', () => {
    expect(choicesProblem(scan, { ...choices, labels: 'none' })).toBeNull();
    expect(choicesProblem({ ...scan, kind: 'folder', classCount: null }, choices)).toBeNull();
  });

  it('stops where there is no picture', () => {
    expect(choicesProblem({ ...scan, images: 0 }, choices)).toBe('no-images');
  });
});

describe('importOptions', () => {
  it('sends only what was chosen', () => {
    expect(importOptions('/data/cats', choices, { ...scan, kind: 'folder' })).toEqual({
      source: '/data/cats',
      mode: 'reference',
      labels: 'source',
    });
  });

  it('sends class names for IDX, trimmed', () => {
    const options = importOptions(
      '/data/mnist',
      { ...choices, classNames: ' a\nb\nc ', limit: 5, split: 'test' },
      scan,
    );
    expect(options).toMatchObject({ classNames: ['a', 'b', 'c'], limit: 5, split: 'test' });
  });

  it('copies uploads: there is nothing to refer to', () => {
    expect(importOptions('upload:abc', choices, null).mode).toBe('copy');
  });

  it('reads names line by line', () => {
    expect(parseClassNames('T-shirt/top\r\n Ankle boot\n\n')).toEqual([
      'T-shirt/top',
      'Ankle boot',
    ]);
  });
});

describe('names and paths', () => {
  it.each([
    ['/home/ada/Garden birds/', 'Garden birds'],
    ['C:\\photos\\cats', 'cats'],
    ['/data/train-images.gz', 'train-images'],
    ['/', ''],
  ])('nameFromPath(%s)', (path, name) => {
    expect(nameFromPath(path)).toBe(name);
  });

  it('names a drop after its folder, or its first file', () => {
    const file = new File([], '1.png');
    expect(nameOfDrop([{ path: 'cats/1.png', file }])).toBe('cats');
    expect(nameOfDrop([{ path: '1.png', file }])).toBe('1');
  });

  it('makes folder names that every system takes', () => {
    expect(folderName(' Cats/Dogs: what? ')).toBe('Cats Dogs what');
    expect(folderName('..')).toBe('');
    expect(folderName('猫と犬 🐈')).toBe('猫と犬 🐈');
  });

  it('joins with the separator of the place', () => {
    expect(projectPath('/home/ada/', 'Birds')).toBe('/home/ada/Birds.fovea');
    expect(projectPath('C:\\Users\\Ada', 'Birds')).toBe('C:\\Users\\Ada\\Birds.fovea');
  });
});
