import { expect, it } from 'vitest';
import { folderName, projectPath } from '../../../src/renderer/shell/project-path.ts';

it.each([
  ['/home/a', 'Birds', '/home/a/Birds.fovea'],
  ['/home/a/', ' Cats/Dogs? ', '/home/a/Cats Dogs.fovea'],
  ['C:\\Users\\a', 'Birds', 'C:\\Users\\a\\Birds.fovea'],
  // Not yet known: the root of the disk is no place for it.
  ['', 'Birds', ''],
  ['/home/a', ' ?? ', ''],
])('a project in %j named %j goes to %j', (location, name, path) => {
  expect(projectPath(location, name)).toBe(path);
});

it('makes a folder name that every system accepts', () => {
  expect(folderName('a:b*c. ')).toBe('a b c');
});
