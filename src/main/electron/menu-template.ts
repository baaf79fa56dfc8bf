import type { MenuItemConstructorOptions } from 'electron';

export interface MenuFacts {
  platform: NodeJS.Platform;
  appName: string;
  /** Packed apps have no reload and no developer tools: a reload would drop what a view holds. */
  packaged: boolean;
}

/**
 * The application menu. The workbench has its own undo, select-all and search; the edit roles are
 * here because text fields need their keys on macOS.
 */
export function menuTemplate({
  platform,
  appName,
  packaged,
}: MenuFacts): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const develop: MenuItemConstructorOptions[] = packaged
    ? []
    : [
        { type: 'separator' },
        { role: 'reload' },
        { role: 'forceReload' },
        { role: 'toggleDevTools' },
      ];
  const appMenu: MenuItemConstructorOptions[] = mac
    ? [
        {
          label: appName,
          submenu: [
            { role: 'about' },
            { type: 'separator' },
            { role: 'hide' },
            { role: 'hideOthers' },
            { role: 'unhide' },
            { type: 'separator' },
            { role: 'quit' },
          ],
        },
      ]
    : [{ label: '&File', submenu: [{ role: 'quit' }] }];
  return [
    ...appMenu,
    {
      label: '&Edit',
      submenu: [
        // Shown for their keys in text fields; the page handles them everywhere else.
        { role: 'undo', registerAccelerator: mac },
        { role: 'redo', registerAccelerator: mac },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll', registerAccelerator: mac },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...develop,
      ],
    },
    { role: 'windowMenu' },
  ];
}
