import { describe, expect, it } from 'vitest';
import { createAccess } from '#main/server/access.ts';

const port = 40_123;
const access = createAccess(port, 'secret');
const host = `127.0.0.1:${port}`;
const cookie = `other=1; fovea-${port}=secret`;

function verdict(headers: Record<string, string>, needsOrigin = false): boolean {
  return access.check({ header: (name) => headers[name], needsOrigin }).allowed;
}

describe('createAccess', () => {
  it('makes a new token of 256 bits each time', () => {
    const tokens = new Set(Array.from({ length: 10 }, () => createAccess(1).token));
    expect(tokens.size).toBe(10);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  });

  it('keeps the cookie from scripts, from other sites and from servers on other ports', () => {
    expect(access.cookie()).toBe(`fovea-${port}=secret; HttpOnly; SameSite=Strict; Path=/`);
  });
});

describe('check', () => {
  it.each([
    ['cookie', { host, cookie }],
    ['bearer token', { host, authorization: 'Bearer secret' }],
    ['localhost', { host: `localhost:${port}`, cookie }],
    ['own origin', { host, cookie, origin: `http://${host}` }],
    ['address typed in', { host, cookie, 'sec-fetch-site': 'none' }],
    ['own page', { host, cookie, 'sec-fetch-site': 'same-origin' }],
  ])('allows %s', (_, headers) => {
    expect(verdict(headers)).toBe(true);
  });

  it.each([
    ['no token', { host }],
    ['wrong cookie', { host, cookie: `fovea-${port}=guess!` }],
    ["another port's cookie", { host, cookie: 'fovea-40124=secret' }],
    ['wrong bearer beside a right cookie', { host, cookie, authorization: 'Bearer guess!' }],
    ['no host', { cookie }],
    ['a rebound name', { host: `evil.example:${port}`, cookie }],
    ['another port', { host: '127.0.0.1:80', cookie }],
    ['another interface', { host: `192.168.0.7:${port}`, cookie }],
    ['another origin', { host, cookie, origin: 'https://evil.example' }],
    ['an origin on another port', { host, cookie, origin: 'http://127.0.0.1:40124' }],
    ['a sandboxed page', { host, cookie, origin: 'null' }],
    ['another site', { host, cookie, 'sec-fetch-site': 'cross-site' }],
    ['a neighbour port', { host, cookie, 'sec-fetch-site': 'same-site' }],
  ])('refuses %s', (_, headers: Record<string, string>) => {
    expect(verdict(headers)).toBe(false);
  });

  it('asks socket upgrades for an origin, unless a program brings the token itself', () => {
    expect(verdict({ host, cookie }, true)).toBe(false);
    expect(verdict({ host, cookie, origin: `http://${host}` }, true)).toBe(true);
    expect(verdict({ host, authorization: 'Bearer secret' }, true)).toBe(true);
  });
});
