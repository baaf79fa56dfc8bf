/** Words of the first screen. */
import { count, when } from '../../ui/format.ts';

export const text = {
  title: 'Projects',
  welcome: 'Teach a small model to see what you see',
  welcomeDetail:
    'Bring pictures, give them labels, train a classifier on this computer and take it with you. Nothing leaves this machine.',
  newProject: 'New project',
  openFolder: 'Open folder…',
  sample: 'Try the sample',
  sampleTitle: 'New here? Try the sample',
  sampleDetail:
    'Small pictures of clothes in ten classes, ready to train. From first look to exported model in a few minutes, offline.',
  dropHint: 'Or drop a folder of pictures anywhere in this window.',
  missing: 'The folder is not there',
  missingDetail: 'It was moved or deleted, or its disk is not connected.',
  noImages: 'No pictures yet',
  forget: 'Remove from this list',
  forgetDetail: 'No file is touched.',
  options: (name: string) => `Options for ${name}`,
  images: (images: number, labeled: number) =>
    labeled >= images
      ? `${count(images, 'image')} · all labeled`
      : `${count(images, 'image')} · ${count(labeled, 'label')}`,
  opened: (at: number) => `Opened ${when(at)}`,
} as const;
