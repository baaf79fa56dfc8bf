import type { BackboneInfo } from '#shared/contract/index.ts';
import { bytes as bytesText } from '#shared/format.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count, table } from '../text.ts';
import type { AddCommand } from './index.ts';

export const addBackbone: AddCommand = (program, open) => {
  const command = program
    .command('backbone')
    .description('the pretrained networks of this computer: list, add an ONNX file, remove');
  command
    .command('list', { isDefault: true })
    .description('those of the app, and those that were added')
    .option('--nodes <id>', 'the nodes of one of them, where it can be cut or begin to learn')
    .action(async ({ nodes }: { nodes?: string }) => {
      const session = open();
      const client = await session.client();
      if (nodes !== undefined) {
        const found = await client.backbones.get({ backbone: nodes });
        const rows = found.nodes.map(({ name, op, shape, parameters }) => [
          name === found.cut ? `${name} (usual cut)` : name,
          op,
          shape.join('×'),
          parameters,
        ]);
        session.output.result(found, table(['Node', 'Operator', 'Output', 'Parameters'], rows));
        return;
      }
      const all = await client.backbones.list();
      session.output.result({ backbones: all }, listText(all));
    });
  command
    .command('add <file>')
    .description('read an ONNX classifier and keep a copy for all projects')
    .option('--name <text>', "what it is called; the file's name unless given")
    .action(async (file: string, { name }: { name?: string }) => {
      const session = open();
      const client = await session.client();
      const source = fromWorkingFolder(file);
      const added = await client.backbones.add(
        { source, ...(name === undefined ? {} : { name }) },
        { signal: session.signal },
      );
      session.output.result(
        added,
        `${added.id}: ${count(added.parameters)} parameters, cut at ${added.cut}.`,
      );
    });
  command
    .command('remove <id>')
    .description('take one away again; projects that use it keep their copy')
    .action(async (id: string) => {
      const session = open();
      const client = await session.client();
      await client.backbones.remove({ backbone: id });
      session.output.result({ removed: id }, `${id} is removed.`);
    });
  return command;
};

function listText(all: readonly BackboneInfo[]): string {
  if (all.length === 0) return 'There is none. Add an ONNX file: fovea backbone add <file>.';
  const rows = all.map(({ id, name, family, parameters, bytes, boxed, origin }) => [
    id,
    name,
    family ?? '',
    parameters,
    bytesText(bytes),
    boxed ? (origin?.licence ?? 'the app’s') : 'added',
  ]);
  return table(['Id', 'Name', 'Family', 'Parameters', 'File', 'From'], rows);
}
