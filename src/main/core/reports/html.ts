import { escapeXml } from '#shared/xml.ts';
import type { Picture, ReportContent, Section, Table } from './content.ts';

const style = `
:root{color-scheme:light}
body{margin:0 auto;max-width:1020px;padding:40px 32px 64px;background:#fff;color:#1c1a18;font:14px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;font-variant-numeric:tabular-nums}
h1{margin:0;font-size:26px;line-height:1.2;letter-spacing:-.01em}
h2{margin:36px 0 10px;font-size:17px;break-after:avoid}
p{margin:4px 0}
.subtitle,footer,figcaption,dt{color:#6a655e}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:10px 24px;margin:12px 0}
dt{font-size:12px}
dd{margin:0;overflow-wrap:anywhere}
.drawings{display:flex;flex-wrap:wrap;gap:16px}
.drawings svg{max-width:100%;height:auto}
table{border-collapse:collapse;margin:12px 0}
th,td{padding:4px 20px 4px 0;border-bottom:1px solid #e2ded8;text-align:left;font-weight:400;overflow-wrap:anywhere}
th{color:#6a655e;font-size:12px}
.number{text-align:right}
.pictures{display:flex;flex-wrap:wrap;gap:16px;margin:12px 0}
figure{margin:0;width:128px;break-inside:avoid}
figure.wide{width:auto;max-width:100%}
figure img{display:block;width:128px;height:128px;object-fit:contain;background:#f4f2ef;image-rendering:pixelated;border-radius:4px}
figure.wide img{width:auto;height:auto;max-width:100%}
figcaption{margin-top:4px;font-size:12px;line-height:1.35;overflow-wrap:anywhere}
footer{margin-top:48px;padding-top:12px;border-top:1px solid #e2ded8;font-size:12px}
@page{margin:16mm}
@media print{body{padding:0;max-width:none}tr,svg{break-inside:avoid}}
`;

/** One file that needs nothing else: styles, drawings and pictures are inside. */
export function reportHtml({ title, subtitle, sections, footer }: ReportContent): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    // Whatever a name may carry: no script runs and nothing is loaded.
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeXml(title)}</title><style>${style}</style></head><body>`,
    `<header><h1>${escapeXml(title)}</h1><p class="subtitle">${escapeXml(subtitle)}</p></header>`,
    ...sections.map(sectionHtml),
    `<footer>${escapeXml(footer)}</footer></body></html>`,
  ].join('\n');
}

function sectionHtml({ title, text, facts, drawings, table, pictures }: Section): string {
  return [
    `<section><h2>${escapeXml(title)}</h2>`,
    ...text.map((line) => `<p>${escapeXml(line)}</p>`),
    ...(facts ? [`<dl>${facts.map(factHtml).join('')}</dl>`] : []),
    ...(drawings
      ? [
          `<div class="drawings">${drawings.map((draw) => draw('system-ui, sans-serif')).join('')}</div>`,
        ]
      : []),
    ...(table ? [tableHtml(table)] : []),
    ...(pictures ? [`<div class="pictures">${pictures.map(pictureHtml).join('')}</div>`] : []),
    '</section>',
  ].join('\n');
}

function factHtml({ label, value }: { label: string; value: string }): string {
  return `<div><dt>${escapeXml(label)}</dt><dd>${escapeXml(value)}</dd></div>`;
}

function tableHtml({ head, numeric, rows }: Table): string {
  const cell = (tag: 'th' | 'td') => (text: string, at: number) =>
    `<${tag}${numeric[at] ? ' class="number"' : ''}>${escapeXml(text)}</${tag}>`;
  const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`);
  return `<table><thead><tr>${head.map(cell('th')).join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function pictureHtml({ png, width, height, caption }: Picture): string {
  const wide = width > 200 ? ' class="wide"' : '';
  const data = Buffer.from(png).toString('base64');
  return (
    `<figure${wide}><img src="data:image/png;base64,${data}" width="${width}" height="${height}" alt="${escapeXml(caption)}">` +
    `<figcaption>${escapeXml(caption)}</figcaption></figure>`
  );
}
