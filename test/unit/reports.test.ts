/** Reports of a run, as pages and as PDF files. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCore, finished, type TestCore } from '../helpers/core.ts';
import { createProject, trainRun } from '../helpers/training.ts';

let test: TestCore;
let project: string;
let run: string;
const nasty = '<img src=x onerror="alert(1)">&';

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 60, test: 20 });
  run = (await trainRun(test.client, project)).run.id;
  await test.client.runs.update({ project, run, name: nasty, notes: `Notes ${nasty}` });
}, 120_000);
afterAll(() => test.close());

const make = async (format: 'html' | 'pdf') => {
  const made = await test.client.reports.make({ project, run, format });
  return { ...made, bytes: new Uint8Array(await made.file.arrayBuffer()) };
};

describe('the report of a run', () => {
  it('says so where it was not evaluated', async () => {
    const { bytes } = await make('html');
    const page = new TextDecoder().decode(bytes);
    expect(page).toContain('The run was not evaluated on the test images.');
    // Its inside is shown all the same: two convolutions and their pools for each of two images.
    expect(page).toContain('<h2>Where it looks</h2>');
    expect(page.match(/alt="\w+: what spoke for \w+, \d/g)).toHaveLength(4);
    expect(page.match(/<h2>What the layers make of an image: \w+<\/h2>/g)).toHaveLength(2);
    expect(page.match(/alt="conv2d: 16 of 32 maps of 26×26"/g)).toHaveLength(2);
    expect(page).not.toContain('By class');
  });

  it('is one page that needs nothing else, with names escaped', async () => {
    const { job } = await test.client.evaluation.start({ project, run, split: 'test' });
    await finished(test.client, job);
    const { name, bytes } = await make('html');
    expect(name).toMatch(/^img-src.*-test\.html$/);
    const page = new TextDecoder().decode(bytes);
    const report = await test.client.evaluation.report({ project, run, split: 'test' });
    const trained = await test.client.runs.get({ project, run });
    expect(page).toContain('<h1>&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;</h1>');
    expect(page).not.toContain('<img src=x');
    // Pictures are inside, and nothing names another place but the namespace of drawings.
    expect(page.match(/<img src="data:image\/png;base64,/g)!.length).toBeGreaterThan(0);
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    expect(page).not.toMatch(/<script|<link|url\(/);
    expect(page).toContain(String(Math.floor(report!.accuracy * 100)));
    expect(page).toContain(`<dd>${trained.options.seed}</dd>`);
    for (const { name: each } of report!.classes) expect(page).toContain(`<td>${each}</td>`);
    // Each count of the confusion matrix that is not zero is drawn.
    const drawn = /<title>Confusion matrix<\/title>.*?<\/svg>/s.exec(page)![0];
    const counts = report!.confusion.flat().filter((count) => count > 0);
    expect(drawn.match(/fill-opacity/g)).toHaveLength(counts.length);
  });

  it('is a PDF file with the same words', async () => {
    const { name, bytes } = await make('pdf');
    expect(name).toMatch(/\.pdf$/);
    expect(new TextDecoder('latin1').decode(bytes.subarray(0, 5))).toBe('%PDF-');
    expect(new TextDecoder('latin1').decode(bytes.subarray(-8))).toContain('%%EOF');
    const pages = new TextDecoder('latin1').decode(bytes).match(/\/Type \/Page\b/g)!.length;
    expect(pages).toBeGreaterThan(1);
    if (!hasPdfToText()) return;
    const words = execFileSync('pdftotext', ['-', '-'], { input: bytes, encoding: 'utf8' });
    expect(words).toContain(nasty);
    expect(words).toContain('By class');
    expect(words).not.toContain('\ufffd');
  });
});

describe('names in other scripts', () => {
  const images = (bytes: Uint8Array) =>
    new TextDecoder('latin1').decode(bytes).match(/\/Subtype \/Image\b/g)!.length;

  it('are pictures in a PDF, and what no font has stands with its number', async () => {
    const { bytes: before } = await make('pdf');
    // The last has no meaning, now or ever.
    const name = 'Кот 猫 قط 😀 \u{1ffff}';
    await test.client.runs.update({ project, run, name });
    const { bytes } = await make('pdf');
    // With transparency: a picture, and its mask.
    expect(images(bytes)).toBe(images(before) + 2);
    if (!hasPdfToText()) return;
    const words = execFileSync('pdftotext', ['-', '-'], { input: bytes, encoding: 'utf8' });
    expect(words).not.toContain('Кот');
    expect(words).toMatch(/No font of this computer has .*1FFFF/s);
    // Cyrillic alone is in the document's own font.
    await test.client.runs.update({ project, run, name: 'Кот' });
    const { bytes: plain } = await make('pdf');
    expect(images(plain)).toBe(images(before));
    expect(execFileSync('pdftotext', ['-', '-'], { input: plain, encoding: 'utf8' })).toContain(
      'Кот',
    );
  });
});

/** Only where poppler is installed can the words be read back. */
function hasPdfToText(): boolean {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
