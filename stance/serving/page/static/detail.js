// The chosen sentence: probabilities, holder, the words that weigh, sentences like it, its correction.

import { ask } from "/static/api.js";
import { $, el, replace } from "/static/dom.js";
import { labels, percent, shown, sign, state, tone } from "/static/state.js";

const STRONG = 0.5; // of the heaviest word
const VISIBLE = 0.15;
let asked = 0;

export function hideDetail() {
  asked += 1;
  $("sentence").hidden = true;
  document.body.classList.remove("choosing");
}

export function showDetail(actions) {
  const number = state.chosen;
  const sentence = state.answers[state.target][number];
  const answer = shown(number);
  const words = el("p", { class: "whole", dir: "auto", id: "words" }, sentence.text);
  const wordNote = el("p", { class: "note" }, "Asking the model without each word…");
  const near = el("ul", { class: "near", id: "near" });
  replace(
    $("sentence"),
    el("div", { class: "head" }, el("h2", {}, `Sentence ${number + 1}`), el("button", { "aria-label": "Close the sentence", onclick: actions.close }, "✕")),
    bars(answer.probabilities, answer.predicted),
    answer.abstained ? el("p", { class: "note" }, `? Less sure than asked for (${percent(state.least)}): the model abstains.`) : null,
    state.comparing && answer.second ? el("h3", {}, `Second model ${state.setup.compare.slice(0, 8)}`) : null,
    state.comparing && answer.second ? bars(answer.second.probabilities, answer.second.label) : null,
    el("h3", {}, "Whose stance"),
    el("p", { id: "holder" }, holderText(answer.holder)),
    el("h3", {}, "Words that weigh"),
    words,
    wordNote,
    ...(state.setup.corrections ? correction(number, answer, actions) : []),
    state.setup.examples ? el("h3", {}, "Labelled sentences like it") : null,
    state.setup.examples ? near : null,
  );
  $("sentence").hidden = false;
  document.body.classList.add("choosing");
  void fill(sentence, number, words, wordNote, near);
}

function holderText(holder) {
  if (!holder) return "not known";
  const kinds = { author: "the author", "pronoun-resolved": `${holder.text} (by a pronoun)`, anonymous: `${holder.text} (not named)` };
  return kinds[holder.kind] ?? holder.text;
}

function bars(probabilities, label) {
  const lines = labels().flatMap((name) => {
    const fill = el("i");
    fill.style.width = percent(probabilities[name]);
    return [
      el("span", { class: `tone-${tone(name)}` }, el("span", { class: "sign", "aria-hidden": "true" }, `${sign(name)} `), name === label ? el("b", {}, name) : name),
      el("span", { class: `bar tone-${tone(name)}`, "aria-hidden": "true" }, fill),
      el("span", {}, percent(probabilities[name])),
    ];
  });
  return el("div", { class: "bars" }, ...lines);
}

function correction(number, answer, actions) {
  const name = el("input", { id: "coder", maxlength: "60", autocomplete: "off", "aria-label": "Your name" });
  name.value = actions.coder();
  name.onchange = () => actions.rename(name.value);
  return [
    el("h3", {}, "Is that right? Correct it"),
    el(
      "div",
      { class: "fix", role: "group", "aria-label": "Correct the label" },
      ...labels().map((label, i) =>
        el("button", { class: `tone-${tone(label)}`, "data-fix": label, "aria-pressed": String(answer.corrected && answer.label === label), onclick: () => actions.correct(label) },
          el("span", { class: "sign", "aria-hidden": "true" }, `${sign(label)} `), label, " ", el("kbd", {}, String(i + 1))),
      ),
      answer.corrected ? el("button", { id: "undo", onclick: actions.undo }, "Take back ", el("kbd", {}, "Z")) : null,
    ),
    el("div", { class: "name" }, "as", name),
    el("p", { class: "note" }, "A correction is kept on the server together with the article."),
  ];
}

async function fill(sentence, number, words, wordNote, near) {
  asked += 1;
  const mine = asked;
  const all = state.answers[state.target];
  const body = { text: sentence.text, target: state.target, before: all[number - 1]?.text ?? "", after: all[number + 1]?.text ?? "" };
  const weigh = ask("/page/words", body).then((found) => mine === asked && showWords(sentence.text, found, words, wordNote));
  const like = state.setup.examples ? ask("/page/similar", body).then((found) => mine === asked && showNear(found.examples, near)) : null;
  for (const work of [weigh, like]) {
    await work?.catch((error) => {
      if (mine === asked) wordNote.textContent = error.message;
    });
  }
}

function showWords(text, found, words, note) {
  const points = [...text];
  const most = Math.max(...found.words.map(({ weight }) => Math.abs(weight)), 1e-9);
  const parts = [];
  let at = 0;
  for (const { start, end, weight } of found.words) {
    parts.push(points.slice(at, start).join(""));
    const share = Math.abs(weight) / most;
    const strength = share < VISIBLE ? "" : `${weight > 0 ? ` up tone-${tone(found.label)}` : ` down tone-${tone(found.against)}`}${share > STRONG ? " strong" : ""}`;
    parts.push(el("span", { class: `w${strength}`, title: `${weight > 0 ? "+" : ""}${weight.toFixed(2)} log-odds` }, points.slice(start, end).join("")));
    at = end;
  }
  parts.push(points.slice(at).join(""));
  replace(words, ...parts);
  words.dataset.done = "yes";
  note.textContent = found.words.length
    ? `Line: speaks for ${found.label}. Dots: for ${found.against}. By leaving each word out.`
    : "One word only: nothing to leave out.";
}

function showNear(examples, list) {
  const items = examples.map((example) =>
    el("li", { class: `tone-${tone(example.label)}` },
      el("p", { dir: "auto" }, example.text),
      el("small", {}, el("span", { class: "sign", "aria-hidden": "true" }, `${sign(example.label)} `), `${example.label} · ${example.target} · ${percent(example.similarity)} alike`)),
  );
  replace(list, ...(items.length ? items : [el("li", {}, "None shares a word with it.")]));
}
