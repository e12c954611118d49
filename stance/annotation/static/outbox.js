// Answers on their way to the server. Each lies in localStorage under a key of its own until the server has said that it
// is on disk; a reload, a crash of the tab or a stopped server only delays it. The server takes an id once, so sending
// again is safe, and two tabs do not get in each other's way.

const RETRY_MS = [300, 600, 1200, 2500, 5000];
const TIMEOUT_MS = 10000;

export class Outbox {
  // onState(waiting, refused, offline) after every change; onSent(payload, reply) for every answer on disk.
  constructor(store, coder, onState, onSent) {
    this.prefix = `stance/${store}/${coder}/`;
    this.onState = onState;
    this.onSent = onSent;
    this.offline = false;
    this.sending = null;
    this.failures = 0;
    this.count = 0;
  }

  // Keep `payload` and start sending; throws where the browser refuses to keep it.
  put(payload) {
    this.count += 1;
    const order = `${String(Date.now()).padStart(15, "0")}-${String(this.count).padStart(6, "0")}`;
    localStorage.setItem(`${this.prefix}wait/${order}/${payload.id}`, JSON.stringify(payload));
    this.changed();
    this.flush();
  }

  keys(kind) {
    const start = `${this.prefix}${kind}/`;
    return Object.keys(localStorage).filter((key) => key.startsWith(start)).sort();
  }

  // Payloads that no server has acknowledged, oldest first.
  waiting() {
    return this.keys("wait").map((key) => JSON.parse(localStorage.getItem(key)));
  }

  refused() {
    return this.keys("refused").map((key) => JSON.parse(localStorage.getItem(key)));
  }

  // Send what waits, oldest first; resolves when nothing waits or the server does not answer (then a retry is set).
  flush() {
    this.sending ??= this.drain().finally(() => {
      this.sending = null;
      if (this.keys("wait").length) this.retry();
    });
    return this.sending;
  }

  retry() {
    clearTimeout(this.timer);
    const pause = RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1] ?? 0;
    this.timer = setTimeout(() => this.flush(), pause);
  }

  async drain() {
    for (let [key] = this.keys("wait"); key; [key] = this.keys("wait")) {
      const text = localStorage.getItem(key);
      if (text === null) continue; // another tab has sent it
      let response, body;
      try {
        response = await fetch("/api/answers", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: text,
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        body = await response.json().catch(() => ({}));
      } catch {
        response = null;
      }
      if (!response || response.status >= 500) {
        this.failures += 1;
        this.offline = true;
        this.changed();
        return;
      }
      this.failures = 0;
      this.offline = false;
      const payload = JSON.parse(text);
      if (!response.ok) {
        const reason = typeof body.detail === "string" ? body.detail : `status ${response.status}`;
        localStorage.setItem(key.replace("/wait/", "/refused/"), JSON.stringify({ ...payload, reason }));
      }
      localStorage.removeItem(key);
      this.changed();
      if (response.ok) this.onSent(payload, body);
    }
  }

  changed() {
    this.onState(this.keys("wait").length, this.refused(), this.offline);
  }
}
