import type { FoveaClient } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Session } from '../session.ts';
import type { AddCommand } from './index.ts';

export const addDoctor: AddCommand = (program, open) =>
  program
    .command('doctor')
    .description('check that everything Fovea needs works on this machine')
    .option('--no-measure', 'do not time the engines, which takes some seconds')
    .action(async ({ measure }: { measure: boolean }) => {
      const session = open();
      const client = await session.client();
      const checks = await client.system.doctor();
      if (measure) await measureEngines(client, session);
      const info = await client.system.info();
      const failed = checks.filter((check) => !check.ok);
      session.output.result(
        {
          ok: failed.length === 0,
          version: info.version,
          platform: info.platform,
          arch: info.arch,
          engine: info.engine.chosen,
          engines: info.engine.backends.map(({ imagesPerSecond, ...engine }) => ({
            ...engine,
            images_per_second: imagesPerSecond,
          })),
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

async function measureEngines(
  client: FoveaClient,
  { output, signal }: Pick<Session, 'output' | 'signal'>,
): Promise<void> {
  for await (const event of await client.system.measure(undefined, { signal })) {
    if (event.type === 'done') break;
    output.progress(`Timing ${event.label} (${event.index + 1} of ${event.total})`);
  }
  output.clearProgress();
}
