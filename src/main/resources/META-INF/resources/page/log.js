// The conversation: its log, as it is written, and where one writes.
import { LitElement, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { inWords } from './api.js';
import { isOver } from './conversation.js';
import { colour, copy, elementsOf, show } from './markdown.js';

const NEAR = 80; // px from the end that count as being there
const IDEAS = ['Explain server-sent events in three sentences.', 'Write a haiku about append-only logs.',
  'Show me a binary search in Java.'];

/** A reply's text; while it is written, drawn at most every so often. */
class Markdown extends LitElement {
  static properties = { text: {}, whole: { type: Boolean } };
  static EVERY = 60; // ms

  createRenderRoot() { return this; }

  async scheduleUpdate() {
    const wait = this.whole ? 0 : Markdown.EVERY - (performance.now() - (this.drawn ?? 0));
    if (wait > 0) await new Promise(resolve => { setTimeout(resolve, wait); });
    super.scheduleUpdate();
  }

  update(changed) {
    super.update(changed);
    this.drawn = performance.now();
    show(this, elementsOf(this.text));
    if (this.whole) colour(this);
  }

  render() { return nothing; }
}

class Log extends LitElement {
  static properties = { conversation: {}, notice: {}, draft: { state: true }, away: { state: true }, sending: { state: true }, said: { state: true } };

  constructor() {
    super();
    this.draft = '';
    this.away = false;
    this.sending = false;
    this.column = null;
    this.grown = new ResizeObserver(() => this.#settle());
  }

  createRenderRoot() { return this; }

  get scroller() { return this.querySelector('.log'); }

  willUpdate(changed) {
    if (!changed.has('conversation')) return;
    this.away = false;
    changed.get('conversation')?.removeEventListener('change', this.redraw);
    this.conversation?.addEventListener('change', this.redraw);
  }

  redraw = () => this.requestUpdate();

  updated(changed) {
    if (changed.has('conversation')) this.querySelector('textarea')?.focus({ preventScroll: true });
    const column = this.querySelector('.column');
    if (column !== this.column) { // what is drawn late makes the log longer
      this.grown.disconnect();
      if (column) this.grown.observe(column);
      this.column = column;
    }
    this.#settle();
  }

  /** At the end stays at the end; who has scrolled up is left alone. */
  #settle() {
    const { scroller } = this;
    if (scroller && !this.away) scroller.scrollTop = scroller.scrollHeight;
  }

  #onScroll() {
    const { scroller, conversation } = this;
    this.away = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight > NEAR;
    if (scroller.scrollTop < 600 && conversation?.hasOlder) this.#older();
  }

  /** What is in sight stays where it is. */
  async #older() {
    if (this.fetching) return;
    this.fetching = true;
    const first = this.querySelector('article');
    const before = first.getBoundingClientRect().top;
    await this.conversation.older();
    await this.updateComplete;
    if (first.isConnected) this.scroller.scrollTop += first.getBoundingClientRect().top - before;
    this.fetching = false;
  }

  async jumpTo(id) {
    const { conversation } = this;
    while (!conversation.messages.some(message => message.id === id) && conversation.hasOlder) await conversation.older();
    this.away = true;
    this.requestUpdate();
    await this.updateComplete;
    const message = this.querySelector(`[data-id="${id}"]`);
    message?.scrollIntoView({ block: 'center' });
    message?.focus({ preventScroll: true });
    message?.classList.add('found');
    setTimeout(() => message?.classList.remove('found'), 1600);
  }

  #onKey(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    }
  }

  #send() {
    const content = this.draft;
    if (!content.trim() || this.sending) return;
    this.sending = true;
    this.away = false;
    const done = accepted => {
      this.sending = false;
      if (accepted) this.draft = '';
      this.updateComplete.then(() => this.querySelector('textarea')?.focus());
    };
    this.dispatchEvent(new CustomEvent('send', { detail: { content, done }, bubbles: true }));
  }

  async #copy(text, button) {
    await copy(text);
    const words = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = words; }, 1500);
  }

  #onClick(event) {
    const button = event.target.closest('.copy-code');
    if (button) this.#copy(button.closest('.code').querySelector('pre').textContent, button);
  }

  render() {
    const { conversation } = this;
    const running = conversation?.running;
    return html`
      ${conversation?.gone ? this.#state('This chat is not there', 'It may have been deleted, or belongs to somebody else.', true)
        : conversation?.failure ? this.#state('The chat can’t be shown', inWords(conversation.failure), true)
        : conversation ? this.#log(conversation) : this.#welcome()}
      <div class="foot">
        ${this.away && conversation ? html`<button class="to-end" @click=${() => { this.away = false; }}>Jump to the latest</button>` : nothing}
        <p class="status" role="status">${conversation?.lost ? 'Connection lost. Trying again, nothing is lost…' : nothing}</p>
        <p class="notice" role="alert">${this.notice || nothing}</p>
        ${conversation?.gone ? nothing : html`
          <form class="composer" @submit=${event => { event.preventDefault(); this.#send(); }}>
            <textarea aria-label="Message" rows="1" placeholder="Write a message" maxlength="32768"
              .value=${this.draft} ?readonly=${this.sending} @input=${event => { this.draft = event.target.value; }}
              @keydown=${event => this.#onKey(event)}></textarea>
            ${running ? html`<button type="button" class="stop" aria-label="Stop" title="Stop (Esc)"
              @click=${() => this.dispatchEvent(new Event('stop'))}>${square}</button>` : nothing}
            <button class="main send" aria-label="Send" title="Send (Enter)" ?disabled=${!this.draft.trim() || this.sending}>${arrow}</button>
          </form>
          <p class="hint">Enter sends, Shift+Enter starts a new line${running ? ', Esc stops' : ''}.</p>`}
      </div>`;
  }

  #state(title, words, back) {
    return html`<div class="state"><h2>${title}</h2><p>${words}</p>
      ${back ? html`<p><a class="button" href="#/">Start another</a></p>` : nothing}</div>`;
  }

  #welcome() {
    return html`<div class="state welcome"><h2>What is on your mind?</h2>
      <p>The chat keeps every word, and has its own address that you can come back to.</p>
      <div class="ideas">${IDEAS.map(idea => html`<button class="idea"
        @click=${() => { this.draft = idea; this.querySelector('textarea').focus(); }}>${idea}</button>`)}</div></div>`;
  }

  #log(conversation) {
    const last = conversation.messages.at(-1);
    return html`
      <div class="log" role="log" aria-label="Conversation" tabindex="0" aria-busy=${conversation.loading}
        @scroll=${() => this.#onScroll()} @click=${event => this.#onClick(event)}>
        <div class="column">
          ${conversation.loading ? html`<div class="ghosts" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
          ${!conversation.loading && !last ? html`<p class="aside-note">Nothing has been said yet.</p>` : nothing}
          ${repeat(conversation.messages, message => message.id,
            message => (message.role === 'user' ? this.#question(message) : this.#reply(message, message === last)))}
        </div>
      </div>`;
  }

  #question(message) {
    return html`<article class="question" data-id=${message.id} tabindex="-1" aria-label="You">
      <div class="text">${message.content}</div></article>`;
  }

  #reply(reply, last) {
    const over = isOver(reply);
    return html`<article class="reply ${reply.status}" data-id=${reply.id} tabindex="-1" aria-label="Reply" aria-busy=${!over}>
      ${reply.content ? html`<konko-markdown class="text" .text=${reply.content} ?whole=${over}></konko-markdown>` : nothing}
      ${!over && !reply.content ? html`<p class="waiting"><i></i><i></i><i></i><span>${reply.status === 'queued' ? 'Waiting for its turn' : 'Thinking'}</span></p>` : nothing}
      ${reply.status === 'failed' ? html`<p class="failed-note">${inWords(reply.error ?? {})} Your message is kept.</p>` : nothing}
      ${reply.status === 'incomplete' ? html`<p class="cut-note">${ENDS[reply.finishReason] ?? 'Not complete.'}</p>` : nothing}
      ${over ? html`<div class="acts">
        ${reply.content ? html`<button class="quiet" @click=${event => this.#copy(reply.content, event.target)}>Copy</button>` : nothing}
        ${last && reply.status !== 'completed' ? html`<button class="quiet"
          @click=${() => this.dispatchEvent(new CustomEvent('retry', { detail: reply }))}>Retry</button>` : nothing}
        <span class="by">${reply.model}</span></div>` : nothing}
    </article>`;
  }
}

const ENDS = {
  cancelled: 'Stopped.', length: 'Cut off: the model reached its longest reply.',
  interrupted: 'Broke off before the end.', content_filter: 'Cut off by the provider’s filter.',
};
const arrow = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 16V4M5 9l5-5 5 5"/></svg>`;
const square = html`<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="5" y="5" width="10" height="10" rx="2"/></svg>`;

customElements.define('konko-markdown', Markdown);
customElements.define('konko-log', Log);
