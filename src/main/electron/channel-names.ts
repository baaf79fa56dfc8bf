/** Names of the few messages between preload script and main process; no imports, so that the
 * sandboxed preload bundle stays small. */
export const channels = {
  /** Carries the core's end of a MessageChannel. */
  connect: 'fovea:connect',
  pickFolder: 'fovea:pick-folder',
  pickFiles: 'fovea:pick-files',
  saveFolder: 'fovea:save-folder',
  showInFolder: 'fovea:show-in-folder',
  blockedRequests: 'fovea:blocked-requests',
} as const;
