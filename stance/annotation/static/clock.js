// Seconds of work on the item at hand: only while the page is visible, and at most a minute without a key or a move.

const IDLE_MS = 60000;

export class Clock {
  constructor() {
    this.total = 0;
    this.paused = false;
    this.last = performance.now();
    this.active = this.last;
    for (const kind of ["keydown", "pointermove", "pointerdown", "scroll", "wheel"]) {
      addEventListener(kind, () => this.touch(), { capture: true, passive: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.count();
      else this.restart();
      this.paused = document.hidden;
    });
  }

  touch() {
    this.count();
    this.active = performance.now();
  }

  count() {
    const now = performance.now();
    const until = Math.min(now, this.active + IDLE_MS);
    if (!this.paused) this.total += Math.max(0, until - this.last);
    this.last = now;
  }

  restart() {
    this.last = this.active = performance.now();
  }

  start(seconds = 0) {
    this.total = seconds * 1000;
    this.restart();
  }

  seconds() {
    this.count();
    return Math.round(this.total) / 1000;
  }
}
