/** What can train, and 'auto' for the fastest of them on this machine. */
export const engineNames = [
  'auto',
  'cpu',
  'webgpu',
  'cuda',
  'dml',
  'coreml',
  'tensorflow',
] as const;
export type EngineName = (typeof engineNames)[number];
