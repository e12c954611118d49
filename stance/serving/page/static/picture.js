// The article as a picture: one layout, written as SVG or drawn on a canvas.

import { shown, sign, slice, state, tone } from "/static/state.js";

const WIDTH = 760, MARGIN = 40, LINE = 30, SIZE = 17;
const INK = "#1e2226", SOFT = "#59616a", PAPER = "#ffffff";
const TONES = ["#0a5c94", "#b04300", "#575d66", "#6c5a76"];
const DASHES = [[], [6, 3], [1.5, 3.5], null]; // of the line under a sentence; null: no line
const FONT = "Georgia, 'DejaVu Serif', serif";

// { height, texts: [{x, y, size, weight, fill, text}], lines: [{x1, x2, y, stroke, dash}] }
function layout() {
  const pen = document.createElement("canvas").getContext("2d");
  const texts = [], lines = [];
  let [x, y] = [MARGIN, MARGIN + 10];
  const width = (text, size, weight) => {
    pen.font = `${weight} ${size}px ${FONT}`;
    return pen.measureText(text).width;
  };
  const newline = (height = LINE) => { x = MARGIN; y += height; };
  const write = (text, { size = SIZE, weight = 400, fill = INK, line = null } = {}) => {
    for (const word of text.split(/(?<=\s)/u)) {
      const wide = width(word.trimEnd(), size, weight);
      if (x > MARGIN && x + wide > WIDTH - MARGIN) newline();
      const full = width(word, size, weight);
      texts.push({ x, y, size, weight, fill, text: word.trimEnd() });
      if (line?.dash) lines.push({ x1: x, x2: x + full, y: y + 6, ...line });
      x += full;
    }
  };
  if (state.article.title) { write(state.article.title, { size: 24, weight: 700 }); newline(34); }
  write(`Stance towards ${state.target}`, { size: 14, fill: SOFT });
  newline(26);
  for (const { name } of state.setup.labels) write(`${sign(name)} ${name}    `, { size: 14, fill: TONES[tone(name)] });
  newline(42);
  let at = 0;
  state.answers[state.target].forEach((sentence, number) => {
    if (slice(at, sentence.start).includes("\n") && number) newline(LINE * 1.4);
    at = sentence.end;
    const answer = shown(number);
    const fill = answer.abstained ? SOFT : TONES[tone(answer.label)];
    write(`${answer.abstained ? "?" : sign(answer.label)} `, { size: 13, fill });
    write(`${sentence.text.replaceAll(/\s+/gu, " ")} `, { line: { stroke: fill, dash: answer.abstained ? null : DASHES[tone(answer.label)] } });
  });
  return { height: y + MARGIN, texts, lines };
}

const escape = (text) => text.replace(/[&<>"]/gu, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

export function svg() {
  const { height, texts, lines } = layout();
  const drawn = [
    ...lines.map(({ x1, x2, y, stroke, dash }) => `<path d="M${x1.toFixed(1)} ${y}H${x2.toFixed(1)}" stroke="${stroke}" stroke-width="2"${dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}/>`),
    ...texts.map(({ x, y, size, weight, fill, text }) => `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escape(text)}</text>`),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}"><rect width="100%" height="100%" fill="${PAPER}"/>${drawn.join("\n")}</svg>\n`;
}

export function draw() {
  const { height, texts, lines } = layout();
  const canvas = document.createElement("canvas");
  const scale = Math.min(2, 16_000 / height);
  [canvas.width, canvas.height] = [WIDTH * scale, height * scale];
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, WIDTH, height);
  pen.lineWidth = 2;
  for (const { x1, x2, y, stroke, dash } of lines) {
    pen.strokeStyle = stroke;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(x1, y);
    pen.lineTo(x2, y);
    pen.stroke();
  }
  for (const { x, y, size, weight, fill, text } of texts) {
    pen.font = `${weight} ${size}px ${FONT}`;
    pen.fillStyle = fill;
    pen.fillText(text, x, y);
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
