// The list of chats: newest first, more while scrolling, searched, renamed and deleted in place.
import { LitElement, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { call, inWords, isPassing, json, key } from './api.js';

const HINT = matchMedia('(hover: hover)').matches ? 'Search chats  (Ctrl+K)' : 'Search chats';
const REFRESH_EVERY = 10_000; // ms; for chats made elsewhere

class Chats extends LitElement {
  static properties = {
    current: {}, chats: { state: true }, query: { state: true }, loading: { state: true },
    failure: { state: true }, renaming: { state: true }, deleting: { state: true },
  };
  #next = null;
  #latest = 0;

  constructor() {
    super();
    this.chats = [];
    this.query = '';
    this.loading = true;
    this.failure = null;
  }

  createRenderRoot() { return this; }

  connectedCallback() {
    super.connectedCallback();
    this.refresh();
    this.refreshing = setInterval(() => { if (!document.hidden) this.refresh(); }, REFRESH_EVERY);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.refreshing);
    clearTimeout(this.typing);
    this.more?.disconnect();
  }

  firstUpdated() {
    this.more = new IntersectionObserver(
      entries => { if (entries.some(entry => entry.isIntersecting)) this.#loadMore(); },
      { root: this.querySelector('.chat-list'), rootMargin: '300px' });
  }

  updated(changed) {
    if (!changed.has('chats')) return;
    const end = this.querySelector('.more');
    this.more.unobserve(end); // looks again, also if it is still in sight
    this.more.observe(end);
  }

  /** The first page anew; what was loaded beyond it stays. */
  async refresh() {
    const turn = ++this.#latest;
    try {
      const page = await this.#page();
      if (turn !== this.#latest) return;
      const last = page.data.at(-1)?.id ?? '';
      const beyond = page.nextCursor && this.searched === this.query ? this.chats.filter(chat => chat.id < last) : [];
      if (!beyond.length) this.#next = page.nextCursor;
      this.chats = [...page.data, ...beyond];
      this.searched = this.query;
      this.failure = null;
    } catch (failure) {
      const shown = this.chats.length && this.searched === this.query;
      if (turn === this.#latest && !(shown && isPassing(failure))) this.failure = failure;
    }
    this.loading = false;
  }

  async #loadMore() {
    if (!this.#next) return;
    const cursor = this.#next;
    this.#next = null;
    const turn = this.#latest;
    try {
      const page = await this.#page(cursor);
      if (turn !== this.#latest && this.searched !== this.query) return;
      const known = new Set(this.chats.map(chat => chat.id));
      this.chats = [...this.chats, ...page.data.filter(chat => !known.has(chat.id))];
      this.#next = page.nextCursor;
    } catch {
      this.#next = cursor;
    }
  }

  #page(cursor) {
    const query = new URLSearchParams({ limit: 30 });
    if (cursor) query.set('cursor', cursor);
    if (this.query.trim()) query.set('q', this.query.trim());
    return json('GET', `/chats?${query}`);
  }

  #search(query) {
    this.query = query;
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.refresh(), 200);
  }

  async #rename(event, chat) {
    event.preventDefault();
    const title = new FormData(event.target).get('title').trim();
    await this.#change(async () => {
      const renamed = await json('PATCH', `/chats/${chat.id}`, { body: { title: title || null } });
      this.chats = this.chats.map(each => (each.id === chat.id ? renamed : each));
      this.renaming = null;
      const others = new BroadcastChannel('konko');
      others.postMessage(chat.id);
      others.close();
    });
    this.#focus(chat, '.rename');
  }

  async #delete(chat) {
    await this.#change(async () => {
      await call('DELETE', `/chats/${chat.id}`);
      const next = this.chats[this.chats.findIndex(each => each.id === chat.id) + 1];
      this.chats = this.chats.filter(each => each.id !== chat.id);
      if (this.current === chat.id) location.hash = '#/';
      else if (next) this.#focus(next, 'a');
      else this.querySelector('input[type=search]').focus();
    });
    this.deleting = null;
  }

  /** Esc: what was begun in a row is left, a search is over. */
  #leave(event, then) {
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    then();
  }

  #forgetSearch() {
    if (this.query) this.#search('');
    else this.dispatchEvent(new Event('leave'));
  }

  async #change(action) {
    try {
      await action();
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }

  async #focus(chat, what) {
    await this.updateComplete;
    const found = this.querySelector(`[data-id="${chat.id}"] ${what}`);
    found?.focus();
    found?.select?.();
  }

  render() {
    return html`
      <div class="side-head">
        <span class="brand"><img src="/page/icon.svg" alt="" width="22" height="22"> Konko</span>
        <button class="main" @click=${() => this.dispatchEvent(new Event('new'))}>New chat</button>
      </div>
      <input type="search" aria-label="Search chats" aria-keyshortcuts="Control+K" placeholder=${HINT} maxlength="200"
        .value=${this.query} @input=${event => this.#search(event.target.value)}
        @keydown=${event => this.#leave(event, () => this.#forgetSearch())}>
      ${this.failure ? html`<p class="aside-note" role="alert">${inWords(this.failure)}</p>` : nothing}
      <div class="chat-list" aria-busy=${this.loading}>
        <ul role="list" aria-label="Chats">
          ${repeat(this.chats, chat => chat.id, chat => this.#row(chat))}
        </ul>
        ${this.chats.length || this.failure ? nothing : this.loading ? html`<div class="ghosts" aria-hidden="true"><i></i><i></i><i></i></div>`
          : html`<p class="aside-note">${this.query ? 'No chat has that in its title or text.' : 'Your chats will be here.'}</p>`}
        <div class="more"></div>
      </div>
      <p class="side-foot"><a href="/docs" target="_blank" rel="noopener">API documentation</a>
        ${key.get() ? html`<button class="quiet" @click=${() => { key.forget(); location.reload(); }}>Forget my key</button>` : nothing}</p>`;
  }

  #row(chat) {
    const title = chat.title ?? 'Untitled chat';
    if (this.renaming === chat.id) {
      const leave = () => { this.renaming = null; this.#focus(chat, '.rename'); };
      return html`<li data-id=${chat.id}><form class="renaming" @submit=${event => this.#rename(event, chat)}
          @keydown=${event => this.#leave(event, leave)}>
        <input name="title" aria-label="Title" maxlength="200" dir="auto" .value=${chat.title ?? ''}>
        <button class="quiet">Save</button></form></li>`;
    }
    if (this.deleting === chat.id) {
      const leave = () => { this.deleting = null; this.#focus(chat, '.delete'); };
      return html`<li data-id=${chat.id} class="deleting" @keydown=${event => this.#leave(event, leave)}><span>Delete it?</span>
        <button class="quiet danger" @click=${() => this.#delete(chat)}>Delete</button>
        <button class="quiet" @click=${leave}>Keep</button></li>`;
    }
    return html`<li data-id=${chat.id} class=${chat.id === this.current ? 'current' : ''}>
      <a href="#/chats/${chat.id}" dir="auto" title=${title} aria-current=${chat.id === this.current ? 'page' : nothing}>
        ${chat.status === 'busy' ? html`<span class="dot" role="img" aria-label="being answered"></span>` : nothing}${title}</a>
      <span class="row-acts">
        <button class="icon rename" aria-label="Rename ${title}" title="Rename"
          @click=${() => { this.renaming = chat.id; this.#focus(chat, 'input'); }}>${pencil}</button>
        <button class="icon delete" aria-label="Delete ${title}" title="Delete"
          @click=${() => { this.deleting = chat.id; this.#focus(chat, '.danger'); }}>${bin}</button></span></li>`;
  }
}

const pencil = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 16l1-4 8-8 3 3-8 8-4 1z"/></svg>`;
const bin = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M4 6h12M8 6V4h4v2M6 6l1 10h6l1-10"/></svg>`;

customElements.define('konko-chats', Chats);
