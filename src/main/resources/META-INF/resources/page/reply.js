// A reply's text: as Markdown, or as it is if that can't be had in time.
import { piecesOf, show, tame } from './markdown.js';
import { reader } from './reader.js';

const EVERY = 60; // ms; while it is written, it is drawn as often as there is time for it
const PATIENCE = 500; // ms with nothing to see

class Markdown extends HTMLElement {
  #text = '';
  #whole = false;
  #stale = false;
  #drawing = false;
  #read = false; // whether Markdown is shown
  #refused = false; // it could not be had, and is not asked for again before the text is whole
  #colours = true; // so for colours of its code
  #missing = false; // languages, which are being loaded
  #absent = false; // a worker
  #rest = 0; // ms
  #drawn = 0;
  #wake = () => {};

  set text(text) {
    this.#text = text;
    this.#draw();
  }

  set whole(whole) {
    this.#whole = whole;
    this.#wake();
    if (!whole || this.#colours && !this.#refused) return;
    this.#refused = false;
    this.#colours = true;
    this.#draw();
  }

  connectedCallback() {
    reader.addEventListener('news', this);
    if (!this.#read) this.#draw();
  }

  disconnectedCallback() { reader.removeEventListener('news', this); }

  handleEvent() {
    if (this.#absent) this.#refused = false;
    if (this.#missing || this.#absent) this.#draw();
  }

  async #draw() {
    this.#stale = true;
    if (this.#drawing) return;
    this.#drawing = true;
    while (this.#stale) {
      await this.#pause();
      this.#stale = false;
      const read = this.#refused ? { absent: this.#absent } : await this.#ask();
      if (this.isConnected) await this.#show(read);
    }
    this.#drawing = false;
  }

  #pause() {
    const wait = this.#whole ? 0 : this.#rest - (performance.now() - this.#drawn);
    return new Promise(resolve => {
      this.#wake = resolve;
      if (wait > 0) setTimeout(resolve, wait);
      else resolve();
    });
  }

  async #ask() {
    const clock = setInterval(() => { if (!this.#read) this.#showPlain(); }, PATIENCE);
    const read = await reader.read(tame(this.#text), { colours: this.#colours, wanted: () => this.isConnected });
    clearInterval(clock);
    return read;
  }

  async #show({ blocks, missing, absent, cut, took = 0 }) {
    const begun = performance.now();
    this.#read = !!blocks && this.#showMarkdown(blocks);
    this.#refused = !this.#read;
    this.#missing = !!missing;
    this.#absent = !!absent;
    if (cut) this.#colours = false;
    if (this.#refused) this.#showPlain();
    await laidOut();
    this.#drawn = performance.now();
    this.#rest = Math.max(EVERY, 4 * (took + this.#drawn - begun));
  }

  /** @returns whether it could */
  #showMarkdown(blocks) {
    try {
      show(this, blocks.map(html => ({ html })));
      return true;
    } catch {
      return false;
    }
  }

  #showPlain() { show(this, piecesOf(tame(this.#text))); }
}

/** Where nobody looks there are no frames. */
const laidOut = () => new Promise(resolve => {
  if (document.hidden) resolve();
  else requestAnimationFrame(() => setTimeout(resolve));
});

customElements.define('konko-markdown', Markdown);
