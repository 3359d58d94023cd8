// The page: chats on the left, the conversation, its summary on the right. All of it is made of public API calls.
import { LitElement, html, nothing } from 'lit';
import { inWords, json, key, onKeyNeeded } from './api.js';
import { Conversation } from './conversation.js';
import './chats.js';
import './log.js';
import './summary.js';

const WIDE = matchMedia('(min-width: 75rem)'); // room for the summary beside the log
const NARROW = matchMedia('(max-width: 48rem)'); // no room for the chats beside it
const PANEL = 'konko.summary';

class App extends LitElement {
  static properties = {
    conversation: { state: true }, menu: { state: true }, panel: { state: true },
    notice: { state: true }, asking: { state: true },
  };
  #heard = new AbortController();
  #settings = {}; // of the chat to come

  constructor() {
    super();
    this.conversation = null;
    this.menu = false;
    this.panel = isPanelWanted();
    this.notice = '';
    this.asking = null;
  }

  createRenderRoot() { return this; }

  connectedCallback() {
    super.connectedCallback();
    const { signal } = this.#heard;
    onKeyNeeded(wrong => this.#ask(wrong));
    addEventListener('hashchange', () => this.#route(), { signal });
    addEventListener('keydown', event => this.#onKey(event), { signal });
    WIDE.addEventListener('change', () => { this.panel = isPanelWanted(); }, { signal });
    NARROW.addEventListener('change', () => { this.menu = false; this.requestUpdate(); }, { signal });
    this.#route();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#heard.abort();
    this.conversation?.close();
  }

  #route() {
    const id = /^#\/chats\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
    this.menu = false;
    if (id === this.conversation?.id) return;
    this.conversation?.close();
    this.conversation = id ? new Conversation(id) : null;
    this.notice = '';
    document.title = 'Konko';
    if (id) this.#open(this.conversation);
  }

  #open(conversation) {
    let listed = 'false false';
    conversation.addEventListener('change', () => {
      if (conversation !== this.conversation) return;
      document.title = `${conversation.chat?.title ?? 'Chat'} · Konko`;
      const state = `${!!conversation.running} ${conversation.gone}`;
      if (state !== listed) this.querySelector('konko-chats').refresh();
      listed = state;
      this.requestUpdate();
    });
    conversation.open();
  }

  #onKey(event) {
    if (this.asking || event.isComposing) return;
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.menu = NARROW.matches;
      this.#focus('input[type=search]');
    } else if (event.key === 'Escape' && !event.defaultPrevented) {
      if (this.menu) this.#toggleMenu();
      else if (this.panel && !WIDE.matches) this.#togglePanel();
      else this.#stop(this.conversation?.running);
    }
  }

  #toggleMenu() {
    this.menu = !this.menu;
    this.#focus(this.menu ? 'input[type=search]' : '.show-chats');
  }

  #leaveChats() {
    if (this.menu) this.#toggleMenu();
    else this.#focus('textarea');
  }

  /** Who opens it asks for the highlights too, which cost a call to the model. */
  #togglePanel() {
    this.panel = !this.panel;
    if (WIDE.matches) localStorage.setItem(PANEL, this.panel ? 'open' : 'closed');
    this.#focus(this.panel ? '.about .close' : '.show-summary');
    if (this.panel) this.updateComplete.then(() => this.querySelector('konko-summary').find());
  }

  async #focus(what) {
    await this.updateComplete;
    this.querySelector(what)?.focus();
  }

  #new() {
    location.hash = '#/';
    this.menu = false;
    this.updateComplete.then(() => this.querySelector('konko-log').focusField());
  }

  #ask(wrong) {
    if (!this.asking) {
      const asking = { wrong };
      asking.answered = new Promise(resolve => { asking.resolve = resolve; });
      this.asking = asking;
      this.updateComplete.then(() => this.querySelector('dialog').showModal());
    }
    return this.asking.answered;
  }

  #answer(event) {
    event.preventDefault();
    const { asking } = this;
    key.set(new FormData(event.target).get('key').trim());
    this.querySelector('dialog').close();
    this.asking = null;
    asking.resolve();
  }

  /** There is no way around it: browsers close a dialog that is refused twice. They say so later, also of one that is gone. */
  #onDialogClose({ target }) {
    if (this.asking && target.isConnected && !target.open) target.showModal();
  }

  async #send({ detail: { content, done } }) {
    const accepted = await this.#try(async () => {
      if (!this.conversation) await this.#begin(content);
      await this.conversation.send(content);
    });
    done(accepted);
  }

  async #begin(content) {
    const title = content.trim().split('\n')[0].slice(0, 60).replace(/[\uD800-\uDBFF]$/, '');
    const chat = await json('POST', '/chats', { body: { title, ...this.#settings } });
    this.#settings = {};
    history.pushState(null, '', `#/chats/${chat.id}`);
    this.#route();
  }

  #stop(reply) {
    if (reply) this.#try(() => this.conversation.stop(reply));
  }

  /** @returns whether it went well; if not, the page says why */
  async #try(action) {
    this.notice = '';
    try {
      await action();
      return true;
    } catch (failure) {
      if (failure.name !== 'AbortError') this.notice = inWords(failure);
      return false;
    }
  }

  #jumpTo(id) {
    if (!WIDE.matches) this.panel = false;
    this.querySelector('konko-log').jumpTo(id);
  }

  render() {
    const { conversation, menu } = this;
    const panel = this.panel && !conversation?.gone;
    const over = menu || panel && !WIDE.matches;
    return html`
      <div class="shell ${menu ? 'menu' : ''} ${panel ? 'panel' : ''}">
        <nav class="side" aria-label="All chats">
          <konko-chats .current=${conversation?.id ?? null} @new=${() => this.#new()} @leave=${() => this.#leaveChats()}></konko-chats>
        </nav>
        <main ?inert=${over}>
          <header class="top">
            <button class="icon only-narrow show-chats" aria-label="Show chats" aria-expanded=${menu} @click=${() => this.#toggleMenu()}>${lines}</button>
            <h1 dir="auto">${titleOf(conversation)}</h1>
            ${NARROW.matches && conversation && !over ? html`
              <button class="icon" aria-label="New chat" title="New chat" @click=${() => this.#new()}>${plus}</button>` : nothing}
            ${conversation?.gone ? nothing : html`
              <button class="quiet framed show-summary" aria-expanded=${panel} @click=${() => this.#togglePanel()}>Summary</button>`}
          </header>
          <konko-log .conversation=${conversation} .notice=${this.notice}
            @send=${event => this.#send(event)} @stop=${event => this.#stop(event.detail)}
            @retry=${event => this.#try(() => this.conversation.retry(event.detail))}></konko-log>
        </main>
        <div class="scrim" @click=${() => (menu ? this.#toggleMenu() : this.#togglePanel())}></div>
        ${panel ? html`
          <aside class="about" role="region" aria-label="Summary">
            <konko-summary .conversation=${conversation} .settings=${this.#settings}
              @jump=${event => this.#jumpTo(event.detail)} @close=${() => this.#togglePanel()}></konko-summary>
          </aside>` : nothing}
      </div>
      ${this.asking ? this.#dialog(this.asking) : nothing}`;
  }

  #dialog({ wrong }) {
    return html`
      <dialog aria-labelledby="key-title" @cancel=${event => event.preventDefault()} @close=${event => this.#onDialogClose(event)}>
        <form @submit=${event => this.#answer(event)}>
          <h2 id="key-title">An API key, please</h2>
          ${wrong ? html`<p class="notice" role="alert">The service does not know that key.</p>` : nothing}
          <p>This service answers those it knows. The key stays in this tab, and is forgotten when you close it.</p>
          <label>API key <input name="key" type="password" required pattern="\\s*[!-~]+\\s*" title="Letters, digits and signs, without spaces"
            autocomplete="off" autofocus aria-invalid=${wrong}></label>
          <button class="main">Continue</button>
        </form>
      </dialog>`;
  }
}

const isPanelWanted = () => WIDE.matches && localStorage.getItem(PANEL) !== 'closed';

function titleOf(conversation) {
  if (!conversation) return 'New chat';
  return conversation.chat?.title ?? (conversation.loading ? '' : 'Chat');
}

const lines = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5h14M3 10h14M3 15h14"/></svg>`;
const plus = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M10 4v12M4 10h12"/></svg>`;

customElements.define('konko-app', App);
