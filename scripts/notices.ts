/**
 * The licences of everything that ships inside the app and was written by others:
 * `dist/THIRD-PARTY-NOTICES.txt`. Electron and Chromium bring theirs themselves.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Packages that ship as they are, beside the bundles. */
const whole = [
  'better-sqlite3',
  'onnxruntime-node',
  'onnxruntime-common',
  'sharp',
  'detect-libc',
  'semver',
];

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
});

/** Folders of the packages that files belong to, relative to the checkout, sorted. */
export function packagesOf(files: string[]): string[] {
  const folders = files.flatMap(
    (file) =>
      /(?:^|[/\\])(node_modules[/\\](?:.*[/\\]node_modules[/\\])?(?:@[^/\\]+[/\\])?[^/\\]+)/.exec(
        file,
      )?.[1] ?? [],
  );
  return [...new Set(folders.map((folder) => folder.replaceAll('\\', '/')))].sort();
}

/** Texts of a package's licence files; some packages have none and only name their licence. */
function licenceTexts(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8').trim());
}

/** The fonts of PDF reports come without their licence; Inter, in the page, is under the same one. */
function robotoNotice(root: string): string {
  const texts = licenceTexts(join(root, 'node_modules/@fontsource-variable/inter'));
  const licence = texts.find((text) => text.includes('SIL OPEN FONT LICENSE'));
  if (licence === undefined) throw new Error('The text of the SIL Open Font License is missing.');
  return [
    'Roboto (OFL-1.1)',
    'Copyright 2011 The Roboto Project Authors (https://github.com/googlefonts/roboto-classic)',
    licence.slice(licence.indexOf('This Font Software')),
  ].join('\n\n');
}

/** @param root the checkout, its `dist` holding the lists that the builds left */
export function writeNotices(root: string): void {
  const dist = join(root, 'dist');
  const bundled = readdirSync(dist)
    .filter((name) => name.endsWith('.packages'))
    .flatMap((name) => readFileSync(join(dist, name), 'utf8').split('\n'));
  const natives = existsSync(join(root, 'node_modules/@img'))
    ? readdirSync(join(root, 'node_modules/@img')).map((name) => `@img/${name}`)
    : [];
  const folders = new Set([
    ...bundled,
    ...[...whole, ...natives].map((name) => `node_modules/${name}`),
  ]);
  const notices = [...folders]
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
    .map((folder) => {
      const manifest: unknown = JSON.parse(
        readFileSync(join(root, folder, 'package.json'), 'utf8'),
      );
      const { name, version, license } = manifestSchema.parse(manifest);
      const texts = licenceTexts(join(root, folder));
      return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n');
    });
  notices.push(robotoNotice(root));
  notices.push('Node.js (MIT), https://github.com/nodejs/node/blob/main/LICENSE');
  writeFileSync(
    join(dist, 'THIRD-PARTY-NOTICES.txt'),
    `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
  );
}
