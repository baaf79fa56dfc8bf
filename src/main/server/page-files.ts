/** The built renderer as responses: hashed assets are cached for ever, the page never. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * @param directory the renderer's build
 * @param pathname of the URL, still percent-encoded
 * @returns null when there is no such file
 */
export async function pageFile(directory: string, pathname: string): Promise<Response | null> {
  const path = resolveInside(directory, pathname === '/' ? '/index.html' : pathname);
  if (path === null) return null;
  const type = types[extname(path)];
  if (type === undefined) return null;
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = await readFile(path);
  } catch {
    return null;
  }
  // Vite puts files with a content hash in their name, and only those, into assets/.
  const hashed = pathname.startsWith('/assets/');
  return new Response(bytes, {
    headers: {
      'content-type': type,
      'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

function resolveInside(directory: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0')) return null;
  const path = normalize(join(directory, decoded));
  return path.startsWith(normalize(directory) + sep) ? path : null;
}
