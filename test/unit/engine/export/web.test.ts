import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fillPage } from '#core/engine/export/web/index.ts';
import { PAGE_DATA } from '#shared/exported-page.ts';

const about = {
  title: '</script><script>alert(1)</script>',
  origin: "$& $' <!-- <script>",
  classes: ['a < b', '</SCRIPT>'],
  channels: 3,
};

it('puts names and model into a page that they cannot break', () => {
  const model = Uint8Array.from({ length: 300 }, (_, index) => index % 251);
  const page = fillPage(`<body>${PAGE_DATA}</body>`, about, model);
  expect(page.match(/<\/?script/gi)).toEqual(['<script', '</script', '<script', '</script']);
  const [json = '', base64 = ''] = [...page.matchAll(/<script[^>]*>([^<]*)<\/script>/g)].map(
    ([, text]) => text,
  );
  expect(JSON.parse(json)).toEqual(about);
  expect([...gunzipSync(Buffer.from(base64, 'base64'))]).toEqual([...model]);
});
