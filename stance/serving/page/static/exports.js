// What is known, as files.

import { ask } from "/static/api.js";
import { el } from "/static/dom.js";
import { draw, svg } from "/static/picture.js";
import { labels, rows, state } from "/static/state.js";
import { summary } from "/static/summary.js";

// A cell that a spreadsheet does not take for a formula, quoted where it must be.
const cell = (value) => {
  const text = value === null || value === undefined ? "" : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

function csv() {
  const head = ["target", "sentence", "start", "end", "text", "label", "probability", "abstained", "corrected", "holder", "holder_kind", ...labels().map((name) => `p_${name}`)];
  const lines = rows().map(({ target, number, sentence, answer }) => [
    target, number, sentence.start, sentence.end, sentence.text, answer.label, answer.sure, answer.abstained, answer.corrected,
    answer.holder?.text, answer.holder?.kind, ...labels().map((name) => answer.probabilities[name]),
  ]);
  return [head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function json() {
  const { title, url, outlet, author, published, text } = state.article;
  const answers = rows().map(({ target, number, sentence, answer }) => ({
    target, sentence: number, start: sentence.start, end: sentence.end, text: sentence.text, ...answer,
  }));
  const counted = summary().map((part) => ({ ...part, holders: part.holders.map(({ name, counts }) => ({ name, sentences: counts })) }));
  const article = { title, url, outlet, author, published, text };
  return JSON.stringify({ model: state.setup.model, compare: state.setup.compare, least: state.least, article, answers, summary: counted }, null, 1);
}

function standoff(coder) {
  const marks = rows()
    .filter(({ answer }) => !answer.abstained)
    .map(({ target, number, answer }) => ({
      sentence: number, target, label: answer.label, holder: answer.holder?.text ?? null,
      by: answer.corrected ? coder : `model ${state.setup.model}`,
    }));
  return ask("/page/standoff", { text: state.article.text, url: state.article.url ?? null, marks });
}

const KINDS = {
  csv: ["csv", "text/csv", async () => `\ufeff${csv()}`],
  json: ["json", "application/json", async () => json()],
  standoff: ["jsonl", "application/jsonl", standoff],
  svg: ["svg", "image/svg+xml", async () => svg()],
  png: ["png", "image/png", async () => draw()],
};

export async function save(kind, coder) {
  const [suffix, type, make] = KINDS[kind];
  const address = URL.createObjectURL(new Blob([await make(coder)], { type }));
  const link = el("a", { href: address, download: `stances.${suffix}` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
