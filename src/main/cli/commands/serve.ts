import { once } from 'node:events';
import { defaultRendererDir } from '#core/default-options.ts';
import { offerSample } from '#core/offer-sample.ts';
import { startServer } from '#main/server/server.ts';
import { port as parsePort } from '../options.ts';
import type { AddCommand } from './index.ts';

interface Options {
  port: number;
  sample?: true;
}

export const addServe: AddCommand = (program, open) =>
  program
    .command('serve [dir]')
    .description('serve the workbench to a browser on this machine')
    .option('--port <n>', 'port to listen on; 0 takes any free one', parsePort, 0)
    .option('--sample', 'make the sample project ready for someone who has no project yet')
    .action(async (dir: string | undefined, { port, sample }: Options) => {
      const session = open('server');
      const project = dir === undefined ? null : (await session.open(dir)).project;
      if (sample && project === null) await offerSample(await session.core());
      const server = await startServer({
        core: await session.core(),
        rendererDir: defaultRendererDir(),
        port,
        token: process.env['FOVEA_TOKEN'],
      });
      const url = project
        ? `${server.url}&${new URLSearchParams({ project: project.path }).toString()}`
        : server.url;
      session.output.result(
        { event: 'listening', url, port: server.port, project: project?.path ?? null },
        `Fovea is at ${url}`,
      );
      try {
        if (!session.signal.aborted) await once(session.signal, 'abort');
      } finally {
        await server.close();
      }
    });
