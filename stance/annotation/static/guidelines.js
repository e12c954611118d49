// The guidelines as elements made of text; the server has cut the Markdown into blocks.

import { $, el, replace } from "/static/dom.js";

const inline = (spans) => spans.map(([style, text]) => (style === "text" ? text : el(style, {}, text)));
const MAX_HEADING = 4;

function block(part) {
  if (part.kind === "heading") return el(`h${Math.min(part.level + 1, MAX_HEADING)}`, {}, ...inline(part.spans));
  if (part.kind === "paragraph") return el("p", {}, ...inline(part.spans));
  if (part.kind === "table") {
    const head = el("tr", {}, ...part.head.map((cell) => el("th", { scope: "col" }, ...inline(cell))));
    const rows = part.rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, ...inline(cell)))));
    return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  }
  const items = part.items.map((item) => {
    const children = item.children.map((child) => el("li", {}, ...inline(child)));
    return el("li", {}, ...inline(item.spans), children.length ? el("ul", {}, ...children) : null);
  });
  return el(part.ordered ? "ol" : "ul", {}, ...items);
}

// Fill the side panel; where there are no guidelines it has the definitions of the labels.
export function fillGuidelines(setup) {
  const definitions = setup.labels.flatMap(({ name, definition }) => [el("dt", {}, name), el("dd", {}, definition)]);
  const blocks = setup.guidelines.blocks.map(block);
  replace($("guidelines"), ...(blocks.length ? blocks : [el("h2", {}, "Labels"), el("dl", {}, ...definitions)]));
}
