/** Chromium's Vulkan in software, as Debian packs it: WebGPU on machines without a GPU. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = '/usr/lib/chromium';
const driver = join(folder, 'vk_swiftshader_icd.json');

export const hasSoftwareVulkan = existsSync(driver);

/** What a process has to be started with to see it. */
export const softwareVulkan = {
  VK_ICD_FILENAMES: driver,
  LD_LIBRARY_PATH: folder,
  XDG_RUNTIME_DIR: '/tmp',
};
