/** Runs in each page before its own scripts: hands it the bridge, and the core's port on request. */
import { contextBridge, ipcRenderer, webUtils } from 'electron';
import {
  hostBridgeName,
  hostPortMessage,
  hostPortRequest,
  type HostBridge,
} from '#shared/host-bridge.ts';
import { channels } from './channel-names.ts';

const bridge: HostBridge = {
  platform: process.platform,
  pickFolder: (options) =>
    ipcRenderer.invoke(channels.pickFolder, options) as Promise<string | null>,
  pickFiles: (options) => ipcRenderer.invoke(channels.pickFiles, options) as Promise<string[]>,
  saveFolder: (options) =>
    ipcRenderer.invoke(channels.saveFolder, options) as Promise<string | null>,
  pathForFile: (file) => webUtils.getPathForFile(file as File),
  showInFolder: (path) => ipcRenderer.invoke(channels.showInFolder, path) as Promise<void>,
  blockedRequests: () => ipcRenderer.invoke(channels.blockedRequests) as Promise<number>,
};

contextBridge.exposeInMainWorld(hostBridgeName, bridge);

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.origin !== location.origin || event.data !== hostPortRequest) return;
  // A port cannot cross the context bridge, but it can be posted to both sides.
  const { port1, port2 } = new MessageChannel();
  ipcRenderer.postMessage(channels.connect, null, [port2]);
  window.postMessage(hostPortMessage, location.origin, [port1]);
});
