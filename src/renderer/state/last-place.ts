/**
 * Where this window was: so that reloading the page, or opening the app on a project
 * (`?project=<path>` in its first address), leads to the project and not to the start.
 */

export interface Place {
  path: string;
  stage: string;
}

const KEY = 'fovea.place';

/** The place to go to first: what the address names, else where this window was, else null. */
export function firstPlace(search: string, storage: Storage): Place | null {
  const named = new URLSearchParams(search).get('project');
  if (named !== null && named !== '') return { path: named, stage: 'library' };
  try {
    const stored = JSON.parse(storage.getItem(KEY) ?? 'null') as unknown;
    return isPlace(stored) ? stored : null;
  } catch {
    return null;
  }
}

/** @param place null after the project was closed */
export function rememberPlace(place: Place | null, storage: Storage): void {
  try {
    if (place) storage.setItem(KEY, JSON.stringify(place));
    else storage.removeItem(KEY);
  } catch {
    // Where storage is blocked, a reload leads to the start.
  }
}

function isPlace(value: unknown): value is Place {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    typeof value.path === 'string' &&
    'stage' in value &&
    typeof value.stage === 'string'
  );
}
