/** PyTorch: a program with the model as a module, and its weights as safetensors. */
import { decodeSafetensors, encodeSafetensors } from '../../checkpoint/safetensors.ts';
import type { Contents, Converter } from '../converter.ts';
import { torchProgram } from './program.ts';
import { SPEC_KEY, toStateDict } from './state-dict.ts';

const weightsFile = 'model.safetensors';

export const toPyTorch: Converter = ({ spec, model, parameters, views, classNames, metadata }) => {
  const producer = metadata['producer'] ?? 'Fovea';
  // With the model, so that the weights alone can be taken back.
  const own = { classes: JSON.stringify(classNames), [SPEC_KEY]: JSON.stringify(spec) };
  const about = { format: 'pt', ...own, ...metadata };
  return {
    'model.py': [Buffer.from(torchProgram({ model, views, weightsFile, producer }))],
    [weightsFile]: encodeSafetensors(toStateDict(model, parameters), about),
  };
};

export const pyTorchContents: Contents = {
  expected: ({ model, parameters }) => new Map(toStateDict(model, parameters)),
  found: async (_source, read) => decodeSafetensors(await read(weightsFile), weightsFile).tensors,
};
