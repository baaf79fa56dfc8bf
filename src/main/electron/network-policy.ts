/** Which requests of a page may leave it. The app is offline: only its own scheme is served. */

/** Scheme and host of the app's own pages. */
export const appOrigin = 'fovea://app';

/** @returns whether the request stays inside the app */
export function isOwnRequest(url: string): boolean {
  if (url.startsWith(`${appOrigin}/`)) return true;
  // Made of the page's own memory; nothing is fetched.
  return (
    url.startsWith('blob:fovea://app/') || url.startsWith('data:') || url.startsWith('devtools:')
  );
}

/** Counts the requests that were refused, so that the interface can prove that there were none. */
export function createRequestGate(): { allow(url: string): boolean; readonly blocked: number } {
  let blocked = 0;
  return {
    allow(url) {
      const own = isOwnRequest(url);
      if (!own) blocked += 1;
      return own;
    },
    get blocked() {
      return blocked;
    },
  };
}
