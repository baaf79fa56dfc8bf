import { AppError } from '#shared/errors.ts';
import type { AddCommand } from './index.ts';

export const addDoctor: AddCommand = (program, open) =>
  program
    .command('doctor')
    .description('check that everything Fovea needs works on this machine')
    .action(async () => {
      const session = open();
      const client = await session.client();
      const [info, checks] = [await client.system.info(), await client.system.doctor()];
      const failed = checks.filter((check) => !check.ok);
      session.output.result(
        {
          ok: failed.length === 0,
          version: info.version,
          platform: info.platform,
          arch: info.arch,
          engine: info.engine.chosen,
          engines: info.engine.backends,
          checks,
        },
        [
          `${info.name} ${info.version} on ${info.platform} ${info.arch}`,
          ...checks.map(
            ({ name, ok, detail }) => `${ok ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`,
          ),
          ...info.engine.backends.map(
            ({ id, label, available, reason }) =>
              `${id === info.engine.chosen ? '*' : available ? 'o' : '-'} ${label}: ${reason}`,
          ),
        ].join('\n'),
      );
      if (failed.length > 0) {
        throw new AppError(
          'INTERNAL',
          `Something is wrong on this machine: ${failed.map(({ name }) => name).join(', ')}.`,
        );
      }
    });
