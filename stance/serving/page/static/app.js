// The page's actions: read an article, ask about a target, choose a sentence, correct it.

import { ask, useToken } from "/static/api.js";
import { showArticle } from "/static/article.js";
import { hideDetail, showDetail } from "/static/detail.js";
import { $, el, replace } from "/static/dom.js";
import { EXAMPLE } from "/static/example.js";
import { save } from "/static/exports.js";
import { listen } from "/static/keys.js";
import { labels, shown, state, tone } from "/static/state.js";
import { showSummary } from "/static/summary.js";

const TYPES = { txt: "text/plain", md: "text/markdown", html: "text/html", htm: "text/html", pdf: "application/pdf" };
const PAGE_SOURCE = /^\s*<(?:!doctype|html|head|body)\b/i;
const NAME = "stance.coder";
const PHONE = window.matchMedia("(max-width: 62rem)"); // where the chosen sentence's panel lies over the article
let reading = 0;

function say(text, warn = false) {
  $("status").textContent = text;
  $("status").classList.toggle("warn", warn);
}

// Run `work`; what goes wrong is said where the reader looks.
async function attempt(saying, work) {
  say(saying);
  document.body.dataset.state = "working";
  $("problem").textContent = "";
  try {
    await work();
    say("");
  } catch (error) {
    say($("reader").hidden ? "" : error.message, true);
    $("problem").textContent = error.message;
    $("token-line").hidden = error.status !== 401;
  } finally {
    document.body.dataset.state = "ready";
  }
}

// --- reading ---

function read(request) {
  return attempt("Reading…", async () => {
    reading += 1;
    const article = await request();
    Object.assign(state, { article, points: [...article.text], answers: {}, second: {}, corrections: {}, chosen: null });
    const first = article.targets[0] ?? "foreign intervention";
    if (!article.targets.length) article.targets = [first];
    await askAbout(first);
    $("start").hidden = true;
    for (const id of ["reader", "new", "export"]) $(id).hidden = false;
    window.scrollTo(0, 0);
  });
}

const readText = (text) => read(() => ask("/page/article", PAGE_SOURCE.test(text) ? { html: text } : { text }));

function readFile(file) {
  const suffix = file.name.split(".").at(-1).toLowerCase();
  return read(async () => {
    if (!TYPES[suffix]) throw new Error(`${file.name}: expected a file of type ${Object.keys(TYPES).join(", ")}`);
    return ask("/page/file", file, TYPES[suffix]);
  });
}

function readExample() {
  return read(async () => ({ ...(await ask("/page/article", { text: EXAMPLE.text })), title: EXAMPLE.title }));
}

function startAgain() {
  hideDetail();
  for (const id of ["reader", "new", "export"]) $(id).hidden = true;
  $("start").hidden = false;
  $("text").value = "";
  $("text").focus();
}

// --- targets ---

async function askAbout(target) {
  const { text } = state.article;
  const mine = reading;
  if (!state.answers[target]) {
    const found = await ask("/documents", { text, targets: [target], holders: true });
    if (mine !== reading) return;
    state.answers[target] = found.sentences;
    state.setup.model = found.model;
  }
  if (state.comparing && !state.second[target]) {
    const found = await ask("/page/compare", { text, targets: [target] });
    if (mine !== reading) return;
    state.second[target] = found.sentences.map(([answer]) => answer);
  }
  state.target = target;
  if (!state.article.targets.includes(target)) state.article.targets.push(target);
  show();
}

const chooseTarget = (target) => attempt("Asking…", () => askAbout(target));

function show() {
  $("model").textContent = `model ${state.setup.model.slice(0, 8)} · ${state.setup.backend}`;
  const chips = state.article.targets.map((target) =>
    el("button", { "aria-pressed": String(target === state.target), "data-target": target, onclick: () => chooseTarget(target) }, target),
  );
  replace($("targets"), ...chips);
  showArticle(choose);
  showSummary(goTo);
  if (state.chosen === null) hideDetail();
  else showDetail(actions);
}

// --- sentences ---

const element = (number) => document.querySelector(`.s[data-number="${number}"]`);

function choose(number) {
  if (number === null || number === state.chosen) close();
  else {
    state.chosen = number;
    show();
    element(number).focus({ preventScroll: true });
    element(number).scrollIntoView({ block: PHONE.matches ? "start" : "nearest" });
  }
}

function close() {
  const last = state.chosen;
  state.chosen = null;
  show();
  if (last !== null) element(last)?.focus({ preventScroll: true });
}

async function goTo(target, number) {
  if (target !== state.target) await chooseTarget(target);
  if (state.chosen !== number) choose(number);
}

function step(by, sided = false) {
  const count = state.answers[state.target].length;
  let number = state.chosen === null ? (by > 0 ? 0 : count - 1) : state.chosen + by;
  const wanted = (n) => !sided || (tone(shown(n).label) < 2 && !shown(n).abstained);
  while (number >= 0 && number < count && !wanted(number)) number += by;
  if (number >= 0 && number < count) choose(number);
}

// --- corrections ---

const coder = () => localStorage.getItem(NAME) || "reader";

function post(more) {
  const { text } = state.article;
  const [sentence, target] = [state.chosen, state.target];
  const said = shown(sentence);
  const note = `on the reading page; model ${state.setup.model} said ${said.predicted} (${said.sure.toFixed(2)})`;
  return ask("/page/corrections", { id: crypto.randomUUID(), coder: coder(), text, sentence, target, note, ...more });
}

function correct(label) {
  const [number, target] = [state.chosen, state.target];
  return attempt("Keeping…", async () => {
    const row = await post({ label });
    state.corrections[target] = { ...state.corrections[target], [number]: { id: row.id, label } };
    show();
  });
}

function undo() {
  const [number, target] = [state.chosen, state.target];
  const fixed = state.corrections[target]?.[number];
  if (!fixed) return undefined;
  return attempt("Taking back…", async () => {
    await post({ undoes: fixed.id });
    delete state.corrections[target][number];
    show();
  });
}

const actions = { close, correct, undo, coder, rename: (name) => localStorage.setItem(NAME, name.trim() || "reader") };

function compare() {
  if (!state.setup.compare) return undefined;
  state.comparing = !state.comparing;
  $("compare").checked = state.comparing;
  return chooseTarget(state.target);
}

// --- beginning ---

function showSetup() {
  const { setup } = state;
  $("url-line").hidden = !setup.fetch;
  $("compare-line").hidden = !setup.compare;
  $("token-line").hidden = true;
  const promises = Object.entries(setup.promises).map(([error, least]) => [least, `where at most ${Math.round(error * 100)}% are wrong`]);
  const plain = [0.5, 0.7, 0.9].map((least) => [least, `where it is ${least * 100}% sure`]);
  const choices = [[0, "every sentence"], ...promises.reverse(), ...plain];
  replace($("sure"), ...choices.map(([least, text]) => el("option", { value: least }, text)));
}

async function begin() {
  await attempt("", async () => {
    state.setup = await ask("/page/setup");
    showSetup();
  });
}

function connect() {
  $("source").onsubmit = (event) => {
    event.preventDefault();
    if ($("text").value.trim()) void readText($("text").value);
    else $("text").focus();
  };
  $("file").onchange = ({ target }) => target.files[0] && readFile(target.files[0]);
  $("example").onclick = readExample;
  $("fetch").onclick = () => $("url").value && read(() => ask("/page/article", { url: $("url").value }));
  $("use-token").onclick = () => {
    useToken($("token").value);
    void begin();
  };
  $("add-target").onsubmit = (event) => {
    event.preventDefault();
    const target = $("target").value.trim();
    if (!target) return;
    $("target").value = "";
    void chooseTarget(target);
  };
  $("sure").onchange = ({ target }) => {
    state.least = Number(target.value);
    show();
  };
  $("compare").onchange = compare;
  $("new").onclick = startAgain;
  $("export").onclick = () => $("exports").showModal();
  $("open-help").onclick = () => $("help").showModal();
  for (const button of document.querySelectorAll("[data-export]")) {
    button.onclick = () => attempt("Writing…", async () => {
      await save(button.dataset.export, coder());
      $("exports").close();
    });
  }
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text/plain");
    if (state.setup && file) void readFile(file);
    else if (state.setup && text) void readText(text);
  });
  listen({
    reading: () => !$("reader").hidden,
    submit: () => $("source").requestSubmit(),
    choose: () => document.activeElement.dataset?.number && choose(Number(document.activeElement.dataset.number)),
    step,
    close: () => state.chosen !== null && close(),
    fix: (i) => state.chosen !== null && state.setup.corrections && labels()[i] && correct(labels()[i]),
    undo: () => state.chosen !== null && undo(),
    target: () => $("target").focus(),
    compare,
    export: () => $("exports").showModal(),
    help: () => $("help").showModal(),
  });
}

connect();
void begin();
