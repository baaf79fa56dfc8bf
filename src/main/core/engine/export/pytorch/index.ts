/** PyTorch: a program with the model as a module, and its weights as safetensors. */
import { encodeSafetensors } from '../../checkpoint/safetensors.ts';
import type { Converter } from '../converter.ts';
import { torchProgram } from './program.ts';
import { toStateDict } from './state-dict.ts';

export const toPyTorch: Converter = ({ model, parameters, views, classNames, metadata }) => {
  const weightsFile = 'model.safetensors';
  const producer = metadata['producer'] ?? 'Fovea';
  const about = { format: 'pt', classes: JSON.stringify(classNames), ...metadata };
  return {
    'model.py': [Buffer.from(torchProgram({ model, views, weightsFile, producer }))],
    [weightsFile]: encodeSafetensors(toStateDict(model, parameters), about),
  };
};
