// The conversation: its log, as it is written, and where one writes.
import { LitElement, html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { Lost, inWords } from './api.js';
import { isOver } from './conversation.js';
import { copy, tame } from './markdown.js';
import './attachment.js';
import './reply.js';

const AT_END = 4; // px from the end that still are the end
const COPIED_FOR = 1500; // ms
const FOUND_FOR = 1600; // ms
const IDEAS = ['Explain server-sent events in three sentences.', 'Write a haiku about append-only logs.',
  'Show me a binary search in Java.'];
const CAN_TYPE = matchMedia('(hover: hover)'); // elsewhere focus would bring a keyboard up over half the page
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

class Log extends LitElement {
  static properties = {
    conversation: {}, notice: {}, draft: { state: true }, away: { state: true }, sending: { state: true }, done: { state: true },
  };
  #drafts = new Map(); // by the chat's id
  #top = 0; // where it was scrolled to
  #oldest = null; // id of the first message shown
  #frame = null; // in which it is redrawn

  constructor() {
    super();
    this.draft = '';
    this.away = false;
    this.sending = null;
    this.grown = new ResizeObserver(() => this.#settle()); // what is drawn late makes the log longer
  }

  createRenderRoot() { return this; }

  get scroller() { return this.querySelector('.log'); }

  get field() { return this.querySelector('textarea'); }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.grown.disconnect();
    this.conversation?.removeEventListener('change', this.redraw);
  }

  willUpdate(changed) {
    if (!changed.has('conversation')) return;
    const before = changed.get('conversation');
    before?.removeEventListener('change', this.redraw);
    this.conversation?.addEventListener('change', this.redraw);
    this.away = false;
    this.#top = 0;
    if (this.sending && !before) return; // the chat was made for what is being sent
    this.sending = null;
    this.#drafts.set(before?.id, this.draft);
    this.draft = this.#drafts.get(this.conversation?.id) ?? '';
  }

  /** Once a frame, however much has come; where nobody looks there are no frames. */
  redraw = () => {
    if (document.hidden) this.requestUpdate();
    else this.#frame ??= requestAnimationFrame(() => { this.#frame = null; this.requestUpdate(); });
  };

  firstUpdated() { this.grown.observe(this.querySelector('.column')); }

  updated(changed) {
    if (changed.has('conversation') && CAN_TYPE.matches) this.focusField();
    this.#settle();
  }

  focusField() { this.field?.focus({ preventScroll: true }); }

  /** At the end stays at the end; who has scrolled up is left alone. */
  #settle() {
    const { scroller } = this;
    if (!this.away && this.conversation) scroller.scrollTop = scroller.scrollHeight;
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (scrollHeight - scrollTop - clientHeight <= AT_END) this.away = false;
    else if (scrollTop < this.#top) this.away = true;
    this.#top = scrollTop;
    if (scrollTop < 600 && this.conversation?.hasOlder) this.#older();
  }

  async #older() {
    if (this.fetching) return;
    this.fetching = true;
    await this.conversation.older();
    this.fetching = false;
  }

  /** Where older messages come in above, what is in sight stays where it is. */
  update(changed) {
    const oldest = this.conversation?.messages[0]?.id;
    const first = this.#oldest && oldest !== this.#oldest ? this.querySelector(`[data-id="${this.#oldest}"]`) : null;
    const before = first?.getBoundingClientRect().top;
    super.update(changed);
    this.#oldest = oldest;
    if (first?.isConnected) this.scroller.scrollTop += first.getBoundingClientRect().top - before;
  }

  async jumpTo(id) {
    const { conversation } = this;
    const there = () => conversation.messages.some(message => message.id === id);
    while (!there() && conversation.hasOlder && !conversation.closed && !conversation.failure) await conversation.older();
    this.away = true;
    this.requestUpdate();
    await this.updateComplete;
    const message = this.querySelector(`[data-id="${id}"]`);
    message?.scrollIntoView({ block: 'center' });
    message?.focus({ preventScroll: true });
    message?.classList.add('found');
    setTimeout(() => message?.classList.remove('found'), FOUND_FOR);
  }

  #onKey(event) {
    const composing = event.isComposing || event.keyCode === 229; // Safari ends a composition before its Enter
    if (event.key === 'Enter' && !event.shiftKey && !composing) {
      event.preventDefault();
      this.#send();
    }
  }

  #send() {
    const content = this.draft;
    if (!content.trim() || this.sending) return;
    const sending = { content };
    this.sending = sending;
    this.away = false;
    const done = accepted => {
      if (this.sending !== sending) return; // one has gone to another chat
      this.sending = null;
      if (accepted) this.draft = '';
    };
    this.dispatchEvent(new CustomEvent('send', { detail: { content, done } }));
    this.focusField();
  }

  #stop(reply) {
    this.dispatchEvent(new CustomEvent('stop', { detail: reply }));
    this.focusField();
  }

  #retry(reply) {
    this.away = false;
    this.dispatchEvent(new CustomEvent('retry', { detail: reply }));
    this.focusField();
  }

  async #copy(text, button) {
    const copied = await copy(text);
    const words = button.dataset.words ??= button.textContent;
    button.textContent = copied ? 'Copied' : 'Not copied';
    this.done = button.textContent;
    clearTimeout(this.copying);
    this.copying = setTimeout(() => {
      this.querySelectorAll('[data-words]').forEach(each => { each.textContent = each.dataset.words; });
      this.done = '';
    }, COPIED_FOR);
  }

  #onClick(event) {
    const button = event.target.closest('.copy-code');
    if (button) this.#copy(button.closest('.code').querySelector('pre').textContent, button);
  }

  render() {
    const { conversation } = this;
    const shown = conversation && !conversation.gone && !conversation.failure;
    return html`
      <div class="log" role="log" aria-label="Conversation" tabindex="0" aria-busy=${shown && conversation.loading}
        @scroll=${() => this.#onScroll()} @click=${event => this.#onClick(event)}>
        <div class="column ${shown ? '' : 'state'}">
          ${!conversation ? this.#welcome()
            : conversation.gone ? this.#state('This chat is not there', 'It may have been deleted, or belong to somebody else.')
            : conversation.failure ? this.#state('The chat can’t be shown', inWords(conversation.failure))
            : this.#messages(conversation)}
        </div>
      </div>
      <div class="foot">
        ${this.away && shown ? html`<button class="to-end" @click=${() => { this.away = false; this.focusField(); }}>Jump to the latest</button>` : nothing}
        <p class="status" role="status">${conversation?.trouble ? troubleInWords(conversation.trouble) : nothing}</p>
        <p class="notice" role="alert">${this.notice || nothing}</p>
        <p class="unseen" role="status">${this.done}</p>
        ${conversation && !shown ? nothing : this.#composer(conversation?.running)}
      </div>`;
  }

  #composer(running) {
    const lines = this.draft.split('\n').length;
    return html`
      <form class="composer" @submit=${event => { event.preventDefault(); this.#send(); }}>
        <textarea aria-label="Message" rows=${Math.min(lines, 8)} dir="auto" placeholder="Write a message"
          .value=${this.draft} ?readonly=${this.sending} @input=${event => { this.draft = event.target.value; }}
          @keydown=${event => this.#onKey(event)}></textarea>
        ${running ? html`<button type="button" class="stop" aria-label="Stop" title="Stop (Esc)"
          @click=${() => this.#stop(running)}>${square}</button>` : nothing}
        <button class="main send" aria-label="Send" title="Send (Enter)" ?disabled=${!this.draft.trim() || this.sending}>${arrow}</button>
      </form>
      <p class="hint">${running ? 'Esc stops, Enter sends the next one, which waits its turn.' : 'Enter sends, Shift+Enter starts a new line.'}</p>`;
  }

  #state(title, words) {
    return html`<h2>${title}</h2><p>${words}</p><p><a class="button" href="#/">Start another</a></p>`;
  }

  #welcome() {
    return html`<h2>What is on your mind?</h2>
      <p>The chat keeps every word, and has an address of its own to come back to.</p>
      <div class="ideas">${IDEAS.map(idea => html`<button class="idea"
        @click=${() => { this.draft = idea; this.field.focus(); }}>${idea}</button>`)}</div>`;
  }

  #messages({ messages, loading, hasOlder, running }) {
    const last = messages.at(-1);
    return html`
      ${loading && !last ? html`<div class="ghosts" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing}
      ${hasOlder ? html`<p class="aside-note">Loading what was said before…</p>` : nothing}
      ${!loading && !last ? html`<p class="aside-note">Nothing has been said yet.</p>` : nothing}
      ${repeat(messages, message => message.id, message => this.#row(message, message === last, message === running))}`;
  }

  /** A message that changes is another object, so all others are left as they are. */
  #row(message, last, next) {
    return guard([message, last, next], () => (message.role === 'user' ? this.#question(message) : this.#reply(message, last, next)));
  }

  #question(message) {
    return html`<article class="question" data-id=${message.id} tabindex="-1" aria-label="You" title=${day.format(new Date(message.createdAt))}>
      <div class="text" dir="auto">${tame(message.content)}${beside(message)}</div></article>`;
  }

  #reply(reply, last, next) {
    const over = isOver(reply);
    return html`<article class="reply ${reply.status}" data-id=${reply.id} tabindex="-1" aria-label="Reply" aria-busy=${!over}>
      ${reply.content ? html`<konko-markdown class="text" .whole=${over} .text=${reply.content}></konko-markdown>` : nothing}
      ${beside(reply)}
      ${!over && !reply.content ? this.#waiting(reply, next) : nothing}
      ${reply.status === 'failed' ? html`<p class="failed-note">${inWords(reply.error ?? {})} Your message is kept.</p>` : nothing}
      ${reply.status === 'incomplete' ? html`<p class="cut-note">${ENDS[reply.finishReason] ?? 'Not complete.'}</p>` : nothing}
      ${over ? html`<div class="acts">
        ${last && reply.status !== 'completed' ? html`<button class="quiet framed" @click=${() => this.#retry(reply)}>Retry</button>` : nothing}
        ${reply.content ? html`<button class="quiet" @click=${event => this.#copy(reply.content, event.currentTarget)}>Copy</button>` : nothing}
        <span class="by">${reply.model}${reply.completedAt ? html` · <time datetime=${reply.completedAt}
          title=${day.format(new Date(reply.completedAt))}>${clock.format(new Date(reply.completedAt))}</time>` : nothing}</span></div>` : nothing}
    </article>`;
  }

  #waiting(reply, next) {
    return html`<p class="waiting"><i></i><i></i><i></i>
      <span>${next ? 'Thinking' : 'Waiting for its turn'}</span>
      ${next ? nothing : html`<button class="quiet" @click=${() => this.#stop(reply)}>Cancel</button>`}</p>`;
  }
}

const troubleInWords = trouble => (trouble instanceof Lost
  ? 'Connection lost. Reconnecting; nothing of the chat is lost.' : `${inWords(trouble)} It is being tried again.`);

const ENDS = {
  cancelled: 'Stopped.', length: 'Cut off: the reply has reached its longest.',
  interrupted: 'Broke off before the end.', content_filter: 'Cut off by the provider’s filter.',
};

/** What a message has that is no text. */
const beside = message => (message.items ?? []).filter(item => BESIDE[item.type])
  .map(item => (item.attachment ? html`<konko-attachment .chat=${message.chatId} .item=${item}></konko-attachment>`
    : html`<p class="aside-note">${tame(BESIDE[item.type](item))}</p>`));
const BESIDE = {
  image: item => `Image: ${item.url}`,
  file: item => item.name,
  call: item => `Calls ${item.tool} (${item.status})`,
  output: item => `${item.failed ? 'Failure' : 'Output'} of ${item.callId}`,
};
const arrow = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 16V4M5 9l5-5 5 5"/></svg>`;
const square = html`<svg viewBox="0 0 20 20" aria-hidden="true"><rect x="5" y="5" width="10" height="10" rx="2"/></svg>`;

customElements.define('konko-log', Log);
