// Has Markdown read by a worker, one text after the other. A text that takes too long costs the worker, and is not read.
const TICK = 200; // ms; time that the machine sleeps is not counted
const TO_START = 50; // ticks
const TO_READ = 15; // ticks
const ADDRESSES = {
  marked: import.meta.resolve('marked'), // a worker knows no import map
  highlight: import.meta.resolve('highlight.js/core'),
  languages: import.meta.resolve('highlight.js/'),
};

/** Fires `news` when there is a worker again, and when more can be coloured than before. */
class Reader extends EventTarget {
  #worker = null;
  #ready = false;
  #waiting = [];
  #job = null;
  #clock = null;

  constructor() {
    super();
    this.#start();
  }

  /**
   * @returns `blocks` of HTML that nobody has cleaned, how long they `took` in ms, whether languages of their code are still
   *   `missing`, or the time was up before it had colours (`cut`); no `blocks` if it can't be had, for now if there is no
   *   worker (`absent`)
   */
  read(text, { colours = true, inline = false, wanted = () => true } = {}) {
    return new Promise(resolve => {
      this.#waiting.push({ text, colours, inline, wanted, resolve });
      this.#next();
    });
  }

  /** The newest first: it is what is being written, or the end of a chat that was opened. */
  #next() {
    while (!this.#job && this.#waiting.length > 0) {
      const job = this.#waiting.pop();
      if (job.wanted()) this.#job = job;
      else job.resolve({});
    }
    if (!this.#job) return;
    if (!this.#worker) this.#start();
    else if (this.#ready && this.#job.begun === undefined) this.#send(); // each text once
  }

  #send() {
    const { text, inline, colours } = this.#job;
    this.#job.begun = performance.now();
    this.#watch(TO_READ);
    this.#worker.postMessage({ text, inline, colours });
  }

  #start() {
    try {
      const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
      this.#worker = worker;
      this.#watch(TO_START);
      worker.onmessage = ({ data }) => { if (worker === this.#worker) this.#hear(data); };
      worker.onerror = () => { if (worker === this.#worker) this.#end(); };
      worker.postMessage(ADDRESSES);
    } catch {
      this.#end();
    }
  }

  #hear({ ready, broken, language, blocks, missing, done }) {
    if (broken) this.#end();
    else if (language) this.dispatchEvent(new Event('news'));
    else if (ready) {
      this.#ready = true;
      this.#watch(0);
      if (this.#job) this.#send();
      this.dispatchEvent(new Event('news'));
    } else if (done) this.#answer({ blocks, missing });
    else this.#job.blocks = blocks;
  }

  #answer(answer) {
    const { resolve, begun = performance.now() } = this.#job;
    this.#job = null;
    this.#watch(0);
    resolve({ ...answer, took: performance.now() - begun });
    this.#next();
  }

  #watch(ticks) {
    clearInterval(this.#clock);
    if (ticks > 0) this.#clock = setInterval(() => { if (--ticks === 0) this.#end(); }, TICK);
  }

  #end() {
    const absent = !this.#ready;
    this.#worker?.terminate();
    this.#worker = null;
    this.#ready = false;
    this.#watch(0);
    if (absent) this.#waiting.splice(0).forEach(job => job.resolve({ absent })); // nor is there one for those
    if (this.#job) this.#answer({ blocks: this.#job.blocks, cut: true, absent });
  }
}

export const reader = new Reader();
