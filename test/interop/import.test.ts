import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectParity, floats, tolerances } from './client.ts';
import { runPython } from './python.ts';
import { openInterop, type InteropSession } from './session.ts';

let session: InteropSession;
let folder: string;
let client: string;
beforeAll(async () => {
  session = await openInterop(['fashion-small']);
  folder = mkdtempSync(join(session.folder, 'keras-'));
  const program = join(import.meta.dirname, 'clients', 'make_keras.py');
  client = (await runPython(program, folder, session.trained[0]!.images)).trim();
});
afterAll(() => session.close());

it.each(['sequential.keras', 'sequential.h5', 'functional.keras', 'functional.h5'])(
  'answers for %s as Keras does',
  async (name) => {
    const { project } = session.trained[0]!;
    const file = join(folder, name);
    const { run } = await session.client.runs.importModel({ project, file });
    const answers = await session.answersOf(project, run);
    const [kind = '', ending = ''] = name.split('.');
    const data = floats(readFileSync(join(folder, `${kind}.f32`)));
    const model = { name: kind, classes: 10, answers };
    expectParity(`${ending}, taken in`, model, { client, data }, tolerances.float32);
    expect(answers).toHaveLength(data.length);
  },
);
