// What one coder sees and has answered: items in parts from the server, own answers on top, and what can be undone.

export const OPEN = 0, ANSWERED = 1, SKIPPED = 2, UNSURE = 3;
const PART = 100; // as the server sends them
const AHEAD = 15;

export class Session {
  constructor(coder, outbox) {
    this.coder = coder;
    this.outbox = outbox;
    this.items = [];
    this.loading = new Map();
  }

  async open() {
    await this.outbox.flush();
    const progress = await get(`/api/progress?coder=${encodeURIComponent(this.coder)}`);
    this.pairs = progress.pairs;
    this.statuses = progress.statuses;
    this.index = new Map(this.pairs.map((pair, i) => [pair, i]));
    this.undoable = progress.undoable.filter((row) => this.index.has(row.pair_id)); // a store may outlive its queue
    for (const payload of this.outbox.waiting()) this.note(payload);
  }

  get size() {
    return this.pairs.length;
  }

  // The item number `at`, loaded with its neighbours; asks for the next part before it is needed.
  async item(at) {
    if (!this.items[at]) await this.load(at);
    const ahead = Math.min(at + AHEAD, this.size - 1);
    if (!this.items[ahead]) this.load(ahead).catch(() => {});
    return this.items[at];
  }

  load(at) {
    const start = at - (at % PART);
    if (!this.loading.has(start)) {
      const done = get(`/api/items?coder=${encodeURIComponent(this.coder)}&start=${start}`)
        .then((rows) => rows.forEach((row, i) => this.add(start + i, row)))
        .finally(() => this.loading.delete(start));
      this.loading.set(start, done);
    }
    return this.loading.get(start);
  }

  add(at, item) {
    this.items[at] = item;
    for (const payload of this.outbox.waiting()) {
      if (payload.pair_id === item.pair_id) apply(item.rows, payload);
    }
  }

  // The item after `at` that is open, else the first open one, else -1.
  nextOpen(at) {
    const later = this.statuses.indexOf(OPEN, at + 1);
    return later >= 0 ? later : this.statuses.indexOf(OPEN);
  }

  counts() {
    const of = (status) => this.statuses.filter((s) => s === status).length;
    return { total: this.size, open: of(OPEN), skipped: of(SKIPPED), unsure: of(UNSURE) };
  }

  // Take up an answer, a skip or an undo of this coder: here at once, on the server as soon as it can be reached.
  give(payload) {
    const whole = { id: crypto.randomUUID(), coder: this.coder, ...payload };
    this.outbox.put(whole);
    this.note(whole);
    return whole;
  }

  note(payload) {
    const at = this.index.get(payload.pair_id);
    if (payload.action === "undo") {
      this.undoable = this.undoable.filter((row) => row.id !== payload.undoes);
    } else if (!this.undoable.some((row) => row.id === payload.id)) {
      this.undoable.push({ id: payload.id, pair_id: payload.pair_id });
    }
    const item = this.items[at];
    if (item) apply(item.rows, payload);
    this.statuses[at] = item ? status(item.rows.at(-1)) : payload.action === "undo" ? OPEN : status(payload);
  }

  // The server has the answer: show the suggestion, if the answer has earned it.
  sent(payload, reply) {
    const at = this.index?.get(payload.pair_id);
    if (at === undefined || !this.items[at] || !reply.suggestion) return null;
    this.items[at].suggestion = reply.suggestion;
    return at;
  }
}

function apply(rows, payload) {
  if (payload.action === "undo") {
    const at = rows.findIndex((row) => row.id === payload.undoes);
    if (at >= 0) rows.splice(at, 1);
  } else if (!rows.some((row) => row.id === payload.id)) {
    rows.push(payload);
  }
}

function status(row) {
  if (!row) return OPEN;
  if (row.action === "skip") return SKIPPED;
  return row.unsure ? UNSURE : ANSWERED;
}

export async function get(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response.json();
}
