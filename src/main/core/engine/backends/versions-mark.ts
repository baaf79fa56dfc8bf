import { readFileSync, readdirSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { defaultThreads, runtimeVersion } from './status.ts';
import { findTensorflow } from './tensorflow/find.ts';

/** Where Linux lists its Vulkan drivers. */
const vulkanFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/**
 * What a measured speed depends on besides the model: runtimes, system and drivers, as one line.
 * Another line means that everything is to be timed anew.
 */
export function versionsMark(
  tensorflowDir: string | undefined,
  threads = defaultThreads(),
): string {
  const tensorflow = findTensorflow(tensorflowDir);
  return [
    `onnxruntime ${runtimeVersion()}`,
    `node ${process.versions.node}`,
    `${process.platform} ${process.arch} ${release()}`,
    `threads ${threads}`,
    tensorflow ? `${tensorflow.name} ${tensorflow.version}` : '',
    process.env['VK_ICD_FILENAMES'] ?? process.env['VK_DRIVER_FILES'] ?? '',
    ...vulkanFolders.flatMap(driversIn),
    textOf('/proc/driver/nvidia/version'),
  ].join('\n');
}

function driversIn(folder: string): string[] {
  try {
    return readdirSync(folder).map(
      (name) => `${name} ${Math.round(statSync(join(folder, name)).mtimeMs)}`,
    );
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
