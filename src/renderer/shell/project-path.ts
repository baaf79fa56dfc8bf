/** Paths of new projects. */

const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f]/g;

/** A name as a folder name that every system accepts: 'Cats/Dogs?' → 'Cats Dogs'. */
export function folderName(name: string): string {
  return name
    .replace(FORBIDDEN, ' ')
    .replace(/\s+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim()
    .slice(0, 120);
}

/**
 * Where a project of this name goes: `<location>/<name>.fovea`, with the location's own separator.
 * Empty while one of them is: without a location it would land at the root of the disk.
 */
export function projectPath(location: string, name: string): string {
  if (location.trim() === '' || folderName(name) === '') return '';
  const separator = location.includes('\\') && !location.includes('/') ? '\\' : '/';
  const base = location.endsWith(separator) ? location.slice(0, -1) : location;
  return `${base}${separator}${folderName(name)}.fovea`;
}
