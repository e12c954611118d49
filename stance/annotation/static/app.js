// The page: who labels, which item is shown, and what an action does to it.

import { Clock } from "/static/clock.js";
import { $, el, replace } from "/static/dom.js";
import { fillGuidelines } from "/static/guidelines.js";
import { Marker } from "/static/holder.js";
import { COMMANDS, letters, listen } from "/static/keys.js";
import { Outbox } from "/static/outbox.js";
import { Session, get } from "/static/session.js";
import { labelButtons, showDone, showDraft, showExports, showItem, showProgress, showReveal, showSaved } from "/static/view.js";

const WIDE = 1100; // pixels from which the guidelines stand beside the item
const AUTHOR = "author";
const RETRY_MS = 1000;

const setup = await get("/api/setup");
const clock = new Clock();
const marker = new Marker((holder) => pickedWithMouse(holder));
let session = null;
let at = 0; // number of the item shown
let item = null;
let draft = null; // {label, holder: {text, start, end} or null, unsure, note, dirty}
let mode = "label"; // or holder, type, note: what the keys mean
let moves = 0; // the newest move wins where the server answers late

// --- who labels ---------------------------------------------------------------------------------------------------

const place = () => new URLSearchParams(location.hash.slice(1));

function remember() {
  const where = new URLSearchParams({ coder: session.coder, item: String(at + 1) });
  history.replaceState(null, "", `#${where}`);
}

function welcome() {
  session = null;
  $("work").hidden = true;
  $("welcome").hidden = false;
  history.replaceState(null, "", "#");
  const choose = (name) => () => begin(name);
  replace($("names"), ...setup.coders.map((name) => el("button", { type: "button", onclick: choose(name) }, name)));
  $("name").focus();
}

async function begin(coder, wanted = null) {
  const outbox = new Outbox(
    setup.store,
    coder,
    (...state) => outbox === session?.outbox && showSaved(...state),
    (payload, reply) => session?.outbox === outbox && session.sent(payload, reply) === at && render(),
  );
  const opened = new Session(coder, outbox);
  try {
    await opened.open();
  } catch (error) {
    $("welcome-problem").textContent = `The server does not answer (${error.message}).`;
    return;
  }
  session = opened;
  outbox.changed();
  $("welcome").hidden = true;
  $("work").hidden = false;
  $("coder").textContent = coder;
  showExports(coder);
  const known = wanted !== null && wanted >= 0 && wanted < session.size;
  await go(known ? wanted : session.nextOpen(-1));
}

// --- which item ---------------------------------------------------------------------------------------------------

// Show item number `to`; -1 is the end. Asks again until the server answers.
async function go(to, kept = null) {
  moves += 1;
  const move = moves;
  if (item && draft.dirty) keepUnsaved();
  const end = to < 0 || to >= session.size;
  $("done").hidden = !end;
  $("item").hidden = end;
  if (end) {
    item = null;
    showDone(session.counts(), session.coder);
    showProgress(session.counts(), at);
    $("done").focus();
    return;
  }
  let found = null;
  while (!found) {
    try {
      found = await session.item(to);
    } catch {
      $("hint").textContent = "The server does not answer; trying again. Nothing is lost.";
      await new Promise((wake) => setTimeout(wake, RETRY_MS));
    }
    if (move !== moves) return;
  }
  at = to;
  item = found;
  const unsaved = takeUnsaved();
  draft = kept ?? (unsaved?.draft.dirty ? unsaved.draft : fromRow(item.rows.at(-1)));
  clock.start(unsaved?.seconds);
  mode = "label";
  getSelection().removeAllRanges();
  showItem(item, at, session.size);
  marker.show(item.text);
  marker.mark(draft.holder);
  remember();
  $("item").scrollTop = 0;
  render();
}

function fromRow(row) {
  const holder = row?.holder ? { text: row.holder, start: row.holder_start, end: row.holder_end } : null;
  return { label: row?.label ?? null, holder, unsure: row?.unsure ?? false, note: row?.note ?? "", dirty: false };
}

function render() {
  const row = item.rows.at(-1);
  showDraft(draft, setup, mode, row, Boolean(item.suggestion));
  showReveal(item, row);
  showProgress(session.counts(), at);
  if (draft.dirty) keepUnsaved();
}

// What is chosen or written but not saved outlives a reload, and a look at other items.
const unsavedKey = () => `stance/${setup.store}/${session.coder}/draft/${item.pair_id}`;

function keepUnsaved() {
  try {
    localStorage.setItem(unsavedKey(), JSON.stringify({ draft, seconds: clock.seconds() }));
  } catch {
    // the answer itself tells when the browser keeps nothing
  }
}

function takeUnsaved() {
  const text = localStorage.getItem(unsavedKey());
  localStorage.removeItem(unsavedKey());
  return text && JSON.parse(text);
}

addEventListener("pagehide", () => item && session && keepUnsaved());

// --- what a coder does --------------------------------------------------------------------------------------------

const isPolar = () => setup.polar.includes(draft.label);
const answered = () => item.rows.at(-1)?.action === "answer";

function change(values) {
  Object.assign(draft, values, { dirty: true });
}

function give(action) {
  const known = Boolean(item.suggestion);
  const answer = action === "answer";
  const holder = answer && isPolar() ? draft.holder : null;
  const payload = {
    pair_id: item.pair_id,
    action,
    label: answer ? draft.label : null,
    holder: holder?.text ?? null,
    holder_start: holder?.start ?? null,
    holder_end: holder?.end ?? null,
    unsure: draft.unsure,
    note: draft.note,
    seconds: clock.seconds(),
  };
  try {
    session.give(payload);
  } catch (error) {
    $("hint").textContent = `This browser keeps nothing (${error.message}); allow site data for this page, then go on.`;
    return false;
  }
  draft.dirty = false;
  localStorage.removeItem(unsavedKey());
  mode = "label";
  clock.start();
  return known || (answer && item.suggested) ? "stay" : "go on";
}

// Save the draft as the answer; go on unless there is something to look at.
function save({ stay = false } = {}) {
  const then = give("answer");
  if (then === "go on" && !stay) go(session.nextOpen(at));
  else if (then) render();
}

const actions = {
  ready: () => session !== null,
  marking: () => mode === "holder",

  choose(label) {
    if (!item) return;
    const same = answered() && !draft.dirty && item.rows.at(-1).label === label;
    if (same) return;
    change({ label });
    if (!isPolar()) {
      draft.holder = null;
      marker.mark(null);
      save();
    } else if (draft.holder) save();
    else actions.pickHolder();
  },

  pickHolder() {
    if (!item) return;
    mode = "holder";
    document.activeElement?.blur();
    render();
  },

  moveHolder(key, extend) {
    getSelection().removeAllRanges();
    marker.move(key, extend);
    change({ holder: marker.holder() });
    render();
  },

  authorHolder() {
    if (!item) return;
    change({ holder: { text: AUTHOR, start: null, end: null } });
    marker.mark(null);
    settleHolder();
  },

  typeHolder() {
    if (!item) return;
    mode = "type";
    render();
    $("holder-text").value = draft.holder?.text ?? "";
    $("holder-text").focus();
  },

  confirm() {
    if (!item) return;
    if (mode === "holder" && !draft.holder) {
      $("hint").textContent = "No holder marked: arrows mark one, O is the author, T types a name, Esc leaves.";
    } else if (mode === "holder") settleHolder();
    else if (draft.dirty && draft.label && isPolar() && !draft.holder) actions.pickHolder();
    else if (draft.dirty && draft.label) save();
    else if (item.rows.length) actions.nextOpen();
  },

  escape() {
    if (!item || mode === "label") return;
    mode = "label";
    render();
  },

  toggleUnsure() {
    if (!item) return;
    amend({ unsure: !draft.unsure });
  },

  note() {
    if (!item) return;
    mode = "note";
    render();
    $("note").focus();
  },

  skip() {
    if (!item) return;
    Object.assign(draft, { label: null, holder: null });
    if (give("skip")) go(session.nextOpen(at));
  },

  async undo() {
    const last = session.undoable.at(-1);
    if (!last) {
      if (item) $("hint").textContent = "There is nothing to undo.";
      return;
    }
    const to = session.index.get(last.pair_id);
    if (!session.items[to]) await session.item(to).catch(() => {});
    const row = session.items[to]?.rows.find(({ id }) => id === last.id);
    session.give({ pair_id: last.pair_id, action: "undo", undoes: last.id });
    const stands = session.items[to]?.rows.at(-1);
    const kept = stands || !row ? null : { ...fromRow(row), label: null, dirty: false };
    await go(to, kept ?? fromRow(stands));
    $("hint").textContent = "Undone.";
  },

  previous: () => go(item ? Math.max(0, at - 1) : session.size - 1),
  next: () => item && go(Math.min(session.size - 1, at + 1)),
  nextOpen: () => go(session.nextOpen(item ? at : -1)),

  guidelines() {
    const panel = $("guidelines");
    panel.hidden = !panel.hidden;
    $("open-guidelines").setAttribute("aria-expanded", String(!panel.hidden));
    localStorage.setItem("stance/guidelines", panel.hidden ? "hidden" : "shown");
  },

  help: () => $("help").showModal(),
};

function settleHolder() {
  mode = "label";
  if (isPolar()) save();
  else render();
}

// A change beside the label: kept with the answer at once where there is one.
function amend(values) {
  change(values);
  if (answered() && draft.label && (!isPolar() || draft.holder)) save({ stay: true });
  else render();
}

function pickedWithMouse(holder) {
  if (!item) return;
  change({ holder });
  render();
}

// --- fields, buttons, start ---------------------------------------------------------------------------------------

$("note").addEventListener("input", () => {
  change({ note: $("note").value });
  keepUnsaved();
});
$("note").addEventListener("focus", () => {
  mode = "note";
});
$("note").addEventListener("keydown", (event) => {
  const keep = event.key === "Enter" && !event.shiftKey;
  if (!keep && event.key !== "Escape") return;
  event.preventDefault();
  $("note").blur();
});
$("note").addEventListener("blur", () => {
  if (mode !== "note") return;
  mode = "label";
  if (draft.dirty) amend({ note: $("note").value.trim() });
  else render();
});

$("holder-text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  const text = $("holder-text").value.trim();
  mode = "label";
  $("holder-text").blur();
  if (event.key === "Escape" || !text) {
    render();
    return;
  }
  change({ holder: { text, start: null, end: null } });
  marker.mark(null);
  settleHolder();
});

const buttons = {
  "pick-holder": "pickHolder", "author-holder": "authorHolder", "type-holder": "typeHolder", unsure: "toggleUnsure",
  comment: "note", skip: "skip", undo: "undo", previous: "previous", next: "next", "look-again": "previous",
  "open-guidelines": "guidelines", "open-help": "help",
};
for (const [id, action] of Object.entries(buttons)) {
  $(id).addEventListener("click", (event) => {
    if (event.detail) event.currentTarget.blur(); // after the mouse, keys mean the item again
    actions[action]();
  });
}
$("coder").addEventListener("click", welcome);
$("welcome").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("name").value.trim();
  if (name) begin(name);
});

labelButtons(setup.labels, letters(setup.labels), (label) => {
  document.activeElement?.blur();
  actions.choose(label);
});
fillGuidelines(setup);
replace(
  $("help-keys"),
  ...setup.labels.flatMap(({ name, definition }, i) => [el("dt", {}, el("kbd", {}, String(i + 1))), el("dd", {}, el("b", {}, name), ` ${definition}`)]),
  ...Object.entries(COMMANDS).flatMap(([key, [, text]]) => [el("dt", {}, el("kbd", {}, key.toUpperCase())), el("dd", {}, text)]),
  el("dt", {}, el("kbd", {}, "← →")), el("dd", {}, "previous and next item"),
  el("dt", {}, el("kbd", {}, "Enter")), el("dd", {}, "save what is chosen, or go on"),
);
const wish = localStorage.getItem("stance/guidelines");
$("guidelines").hidden = wish ? wish === "hidden" : innerWidth < WIDE;
$("open-guidelines").setAttribute("aria-expanded", String(!$("guidelines").hidden));
listen(setup.labels, actions);

const where = place();
if (where.get("coder")) await begin(where.get("coder"), where.has("item") ? Number(where.get("item")) - 1 : null);
if (!session) welcome();
