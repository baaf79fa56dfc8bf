import { availableParallelism, homedir, totalmem } from 'node:os';
import type { SystemInfo } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import { bench } from '../system/bench.ts';
import { measureEngines } from '../system/measure-engines.ts';
import { diagnose } from '../system/doctor.ts';
import { os } from './implementer.ts';

export function systemApi(context: CoreContext) {
  const { options, engine, settings } = context;
  return {
    info: os.system.info.handler(async (): Promise<SystemInfo> => {
      const { chosen, label, backends } = await engine.info();
      return {
        name: 'Fovea',
        version: options.version,
        platform: process.platform,
        arch: process.arch,
        cores: availableParallelism(),
        memory: totalmem(),
        host: options.host,
        homeDir: homedir(),
        dataDir: options.dataDir,
        projectsDir: options.projectsDir,
        engine: { chosen, label, backends },
      };
    }),
    measure: os.system.measure.handler(async function* ({ signal }) {
      yield* measureEngines(engine, signal);
    }),
    doctor: os.system.doctor.handler(() => diagnose(context)),
    bench: os.system.bench.handler(({ input }) => bench(context, input)),
    settings: {
      get: os.system.settings.get.handler(() => settings.get()),
      update: os.system.settings.update.handler(({ input }) => settings.update(input)),
    },
  };
}
