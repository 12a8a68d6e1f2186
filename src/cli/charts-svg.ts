/** A laid-out chart as a picture that stands by itself: light and dark as its reader's page is, nothing but shapes and text. */
import {
  type Drawing,
  type DrawnEdge,
  LINE_HEIGHT,
  type Measure,
  NAME_HEIGHT,
  ROW_HEIGHT,
  rowText,
} from '../console/page/inspector/chart-layout.ts';

/** Room enough for the fonts that readers have; a letter of these sizes is on average this wide, pixels. */
const LETTER = { name: 7.4, label: 6.1 } as const;
export const measureText: Measure = (text, style) => Math.ceil(text.length * LETTER[style]);

const STYLE = `
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;fill:#171c23}
.name{font-size:13px;font-weight:600}
.label,.line{font-size:10.5px}
.line,.guard{fill:#566070}
.ground{fill:#f6f7f9}
.state{fill:#fff;stroke:#9aa4b1}
.nested{fill:#eef1f5}
.parallel{stroke-dasharray:5 3}
.final{stroke-width:2.5}
.edge{fill:none;stroke:#6b7686}
.plate{fill:#f6f7f9;opacity:.88}
.dot,.tip{fill:#566070}
.any{fill:#fff;stroke:#9aa4b1}
@media (prefers-color-scheme:dark){
text{fill:#e4e8ed}
.line,.guard{fill:#98a3b1}
.ground{fill:#0d1014}
.state{fill:#171c23;stroke:#4a5462}
.nested{fill:#12161c}
.edge{stroke:#76818f}
.plate{fill:#0d1014}
.dot,.tip{fill:#98a3b1}
.any{fill:#171c23;stroke:#4a5462}
}`.replace(/\n/g, '');

export function svgOf(name: string, { width, height, states, dots, edges }: Drawing): string {
  const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}"`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" role="img" aria-label="${escaped(name)}">`,
    `<title>${escaped(name)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 .8 8 4 0 7.2Z"/></marker></defs>',
    `<rect class="ground" ${size} rx="6"/>`,
  ];
  for (const { state, x, y, width: wide, height: high, lines } of states) {
    const isNested = state.children.length > 0;
    const kinds = [
      'state',
      ...(isNested ? ['nested'] : []),
      ...(state.type === 'parallel' || state.type === 'final' ? [state.type] : []),
    ];
    parts.push(
      `<rect class="${kinds.join(' ')}" x="${at(x)}" y="${at(y)}" width="${at(wide)}" height="${at(high)}" rx="6"/>`,
    );
    const kind = state.type === 'parallel' ? ' ∥' : state.type === 'final' ? ' ◉' : '';
    parts.push(text('name', x + 12, y + NAME_HEIGHT - 8, `${state.key}${kind}`));
    for (const [index, line] of lines.entries())
      parts.push(text('line', x + 12, y + NAME_HEIGHT + 6 + index * LINE_HEIGHT, line));
  }
  for (const edge of edges) parts.push(`<path class="edge" d="${pathOf(edge)}" marker-end="url(#tip)"/>`);
  for (const { kind, x, y, width: wide, height: high } of dots) {
    if (kind === 'initial')
      parts.push(`<circle class="dot" cx="${at(x + wide / 2)}" cy="${at(y + high / 2)}" r="${at(wide / 2 - 0.5)}"/>`);
    else {
      parts.push(
        `<rect class="any" x="${at(x)}" y="${at(y)}" width="${at(wide)}" height="${at(high)}" rx="${at(high / 2)}"/>`,
      );
      parts.push(text('line', x + 7, y + 12.5, 'any'));
    }
  }
  // Texts last: no line crosses them.
  for (const { label, transitions } of edges) {
    if (label === null) continue;
    parts.push(
      `<rect class="plate" x="${at(label.x)}" y="${at(label.y)}" width="${at(label.width)}" height="${at(label.height)}" rx="3"/>`,
    );
    transitions.forEach((transition, index) => {
      const { event, guard } = rowText(transition);
      const guarded = guard === '' ? '' : `<tspan class="guard">${event === '' ? '' : ' '}${escaped(guard)}</tspan>`;
      parts.push(
        `<text class="label" x="${at(label.x + 5)}" y="${at(label.y + 12.5 + index * ROW_HEIGHT)}">${escaped(event)}${guarded}</text>`,
      );
    });
  }
  return `${parts.join('\n')}\n</svg>\n`;
}

function pathOf({ points }: DrawnEdge): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('');
}

function text(kind: string, x: number, y: number, words: string): string {
  return `<text class="${kind}" x="${at(x)}" y="${at(y)}">${escaped(words)}</text>`;
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
