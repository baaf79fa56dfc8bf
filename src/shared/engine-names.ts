/** What can train. */
export const backendNames = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml', 'tensorflow'] as const;
/** The same, and 'auto' for the fastest of them on this machine. */
export const engineNames = ['auto', ...backendNames] as const;
export type EngineName = (typeof engineNames)[number];
