/**
 * Who may talk to the loopback server. Any web page and any local user can reach 127.0.0.1, so:
 * a random token (in a cookie that scripts cannot read, or as Bearer), a Host that is really
 * loopback (DNS rebinding), and an Origin that is this page (cross-site requests).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

export interface Access {
  readonly token: string;
  /** What a request may do; the reason is shown to whoever asked. */
  check(request: RequestFacts): { allowed: true } | { allowed: false; reason: string };
  /** The token in the page's first address, or null. */
  tokenMatches(candidate: string | null): boolean;
  /** `Set-Cookie` value that keeps the token for the browser's session. */
  cookie(): string;
}

/** The parts of a request that decide; header names in lower case. */
export interface RequestFacts {
  header(name: string): string | undefined;
  /** WebSocket upgrades always carry an Origin when a browser makes them. */
  needsOrigin: boolean;
}

/** @param port of the server; part of the cookie's name, since browsers share cookies among ports */
export function createAccess(
  port: number,
  token: string = randomBytes(32).toString('base64url'),
): Access {
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  const cookieName = `fovea-${port}`;

  const tokenMatches = (candidate: string | null): boolean => {
    if (candidate === null) return false;
    const a = Buffer.from(candidate);
    const b = Buffer.from(token);
    return a.length === b.length && timingSafeEqual(a, b);
  };

  return {
    token,
    tokenMatches,
    cookie: () => `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`,
    check({ header, needsOrigin }) {
      const host = header('host');
      if (host === undefined || !hosts.has(host)) {
        return { allowed: false, reason: 'This server answers on its own loopback address only.' };
      }
      const bearer = bearerToken(header('authorization'));
      const origin = header('origin');
      if (origin !== undefined ? origin !== `http://${host}` : needsOrigin && bearer === null) {
        return { allowed: false, reason: 'This server answers its own page only.' };
      }
      const site = header('sec-fetch-site');
      if (site !== undefined && site !== 'same-origin' && site !== 'none') {
        return { allowed: false, reason: 'This server answers its own page only.' };
      }
      if (!tokenMatches(bearer ?? cookieValue(header('cookie'), cookieName))) {
        return {
          allowed: false,
          reason: 'Open the address that Fovea printed when it started: it carries the key to it.',
        };
      }
      return { allowed: true };
    },
  };
}

function bearerToken(authorization: string | undefined): string | null {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}

function cookieValue(cookies: string | undefined, name: string): string | null {
  for (const part of (cookies ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return null;
}
