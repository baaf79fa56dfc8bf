/** torchvision's names of a ResNet's tensors, in the order in which Fovea has its layers. */

/** Null where the names are not a ResNet's. */
export function torchvisionResNet(names: ReadonlySet<string>): string[] | null {
  if (!names.has('conv1.weight') || !names.has('layer1.0.conv1.weight')) return null;
  const modules = ['conv1', 'bn1'];
  for (let stage = 1; names.has(`layer${stage}.0.conv1.weight`); stage++) {
    for (let index = 0; names.has(`layer${stage}.${index}.conv1.weight`); index++) {
      const block = `layer${stage}.${index}`;
      const parts = [
        'conv1',
        'bn1',
        'conv2',
        'bn2',
        'conv3',
        'bn3',
        'downsample.0',
        'downsample.1',
      ];
      modules.push(...parts.map((part) => `${block}.${part}`));
    }
  }
  modules.push('fc');
  const kinds = ['weight', 'bias', 'running_mean', 'running_var'];
  return modules
    .flatMap((name) => kinds.map((kind) => `${name}.${kind}`))
    .filter((name) => names.has(name));
}

/** What torchvision's published weights were trained with. */
export const imageNet = {
  mean: [0.485, 0.456, 0.406],
  variance: [0.229 ** 2, 0.224 ** 2, 0.225 ** 2],
};
