/** A core of its own that trains until it is killed; prints its run after the first epoch. */
import { createInProcessClient } from '#core/api/transports/in-process.ts';
import { createCore } from '#core/create-core.ts';
import { defaultOptions } from '#core/default-options.ts';
import { quick } from '../../helpers/training.ts';

const [path, dataDir] = process.argv.slice(2);
const core = await createCore(defaultOptions('test', { dataDir: dataDir! }));
const client = createInProcessClient(core.router, core.apiContext);
const { id: project } = await client.projects.open({ path: path! });
const { run } = await client.runs.start({ project, options: { ...quick, epochs: 100_000 } });
let told = false;
for await (const event of await client.runs.watch({ project, run })) {
  if (event.type !== 'epoch' || told) continue;
  told = true;
  console.log(JSON.stringify({ run }));
}
