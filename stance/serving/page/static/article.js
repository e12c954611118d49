// The article as sentences that can be chosen.

import { $, el, replace } from "/static/dom.js";
import { percent, shown, sign, slice, state, tone } from "/static/state.js";

export function showArticle(choose) {
  const { article } = state;
  $("title").textContent = article.title ?? "";
  $("title").hidden = !article.title;
  $("about").textContent = [article.outlet, article.author, article.published, article.url].filter(Boolean).join(" · ");
  document.title = `${article.title ?? "Article"} · Stance reader`;
  const legend = state.setup.labels.map(({ name, definition }) =>
    el("li", { class: `tone-${tone(name)}`, title: definition }, el("span", { class: "sign", "aria-hidden": "true" }, sign(name)), el("span", { class: "line" }, name)),
  );
  replace($("legend"), ...legend, el("li", {}, el("mark", {}, "holder")), state.least ? el("li", {}, "? not sure enough") : null);
  showSentences(choose);
}

function showSentences(choose) {
  const paragraphs = [el("p", { dir: "auto" })];
  let at = 0;
  const gap = (end) => {
    const between = slice(at, end);
    if (!between) return;
    if (!between.includes("\n")) paragraphs.at(-1).append(between);
    else if (between.trim()) {
      for (const line of between.split("\n")) paragraphs.push(el("p", { dir: "auto" }, line));
    } else paragraphs.push(el("p", { dir: "auto" }));
  };
  state.answers[state.target].forEach((sentence, number) => {
    gap(sentence.start);
    paragraphs.at(-1).append(sentenceElement(sentence, number, choose));
    at = sentence.end;
  });
  gap(state.points.length);
  replace($("body"), ...paragraphs.filter((p) => p.childNodes.length));
}

function sentenceElement(sentence, number, choose) {
  const answer = shown(number);
  const differs = state.comparing && answer.second && answer.second.label !== answer.predicted;
  const said = answer.abstained ? `not sure: ${answer.label}, ${percent(answer.sure)}` : answer.corrected ? `corrected to ${answer.label}` : `${answer.label}, ${percent(answer.sure)}`;
  const element = el(
    "span",
    {
      class: `s tone-${tone(answer.label)}${answer.abstained ? " abstained" : ""}`,
      role: "button",
      tabindex: number === (state.chosen ?? 0) ? "0" : "-1",
      "aria-pressed": String(number === state.chosen),
      "data-number": number,
      "data-label": answer.label,
      title: said,
    },
    el("span", { class: "sign", "aria-hidden": "true" }, answer.abstained ? "? " : answer.corrected ? `✎${sign(answer.label)} ` : `${sign(answer.label)} `),
    el("span", { class: "words" }, ...marked(sentence, answer, number)),
    el("span", { class: "sure" }, answer.corrected ? "you" : percent(answer.sure), differs ? ` ≠${sign(answer.second.label)}` : ""),
  );
  element.onclick = () => choose(number);
  return element;
}

// The sentence's text with its holder marked, where it names the holder, and takes a side or is the chosen one.
function marked(sentence, answer, number) {
  const { holder } = sentence;
  const wanted = tone(answer.label) < 2 || state.chosen === number;
  if (!wanted || !holder || holder.start === null || holder.start < sentence.start || holder.end > sentence.end) return [sentence.text];
  return [slice(sentence.start, holder.start), el("mark", {}, slice(holder.start, holder.end)), slice(holder.end, sentence.end)];
}
