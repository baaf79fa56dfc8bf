import './zod-config.ts';
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import './ui/tokens.css';
import './ui/base.css';
import './ui/overlays.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { connect } from './api.ts';
import { createHost, findBridge } from './host.ts';
import { AppState } from './state/app.svelte.ts';
import type { ConnectionState } from './api.ts';
import { FolderPicker } from './state/folder-picker.svelte.ts';

async function start(target: HTMLElement): Promise<void> {
  const bridge = findBridge();
  const folders = new FolderPicker();
  let app: AppState | null = null;
  let last: ConnectionState = 'connecting';
  const api = await connect(bridge, (state) => {
    last = state;
    if (app) app.connection = state;
  });
  app = new AppState({ api, host: createHost(bridge, folders), folders });
  app.connection = last;
  mount(App, { target, props: { app } });
}

const target = document.getElementById('app');
if (target) void start(target);
