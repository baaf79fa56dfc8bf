/** Draws `resources/icon.png` from `resources/icon.svg`; electron-builder makes the others of it. */
import { join } from 'node:path';
import sharp from 'sharp';

const resources = join(import.meta.dirname, '../resources');
await sharp(join(resources, 'icon.svg'), { density: 96 })
  .resize(1024, 1024)
  .png({ compressionLevel: 9, palette: true })
  .toFile(join(resources, 'icon.png'));
