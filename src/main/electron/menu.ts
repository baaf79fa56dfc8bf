import { app, Menu } from 'electron';
import { menuTemplate } from './menu-template.ts';

export function setUpMenu(): void {
  const template = menuTemplate({
    platform: process.platform,
    appName: app.getName(),
    packaged: app.isPackaged,
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
