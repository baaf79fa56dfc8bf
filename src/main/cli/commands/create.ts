import { Option } from 'commander';
import { fromWorkingFolder } from '../paths.ts';
import type { AddCommand } from './index.ts';

interface Options {
  task: 'single';
}

export const addCreate: AddCommand = (program, open) =>
  program
    .command('create <dir>')
    .description('make a new project, a folder ending in .fovea')
    .addOption(
      new Option('--task <task>', 'what is labeled: one class an image')
        .choices(['single'])
        .default('single'),
    )
    .action(async (dir: string, { task }: Options) => {
      const session = open();
      const client = await session.client();
      const project = await client.projects.create({ path: fromWorkingFolder(dir), task });
      session.output.result(
        { event: 'done', project: project.path, name: project.name, task: project.task },
        `Made ${project.path}`,
      );
    });
