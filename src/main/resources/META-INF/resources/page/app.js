// The page: chats on the left, the conversation, its summary on the right. All of it is made of public API calls.
import { LitElement, html, nothing } from 'lit';
import { inWords, json, key, onKeyNeeded } from './api.js';
import { Conversation } from './conversation.js';
import './chats.js';
import './log.js';
import './summary.js';

const WIDE = matchMedia('(min-width: 75rem)');

class App extends LitElement {
  static properties = {
    conversation: { state: true }, menu: { state: true }, panel: { state: true },
    notice: { state: true }, asking: { state: true }, jump: { state: true },
  };

  constructor() {
    super();
    this.conversation = null;
    this.menu = false;
    this.panel = false; // its highlights cost a call to the model
    this.notice = '';
    this.asking = null;
  }

  createRenderRoot() { return this; }

  connectedCallback() {
    super.connectedCallback();
    onKeyNeeded(wrong => this.#ask(wrong));
    addEventListener('hashchange', () => this.#route());
    addEventListener('keydown', event => this.#onKey(event));
    this.#route();
  }

  #route() {
    const id = /^#\/chats\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];
    this.menu = false;
    if (id === this.conversation?.id) return;
    this.conversation?.close();
    this.conversation = id ? new Conversation(id) : null;
    this.notice = '';
    document.title = 'Konko';
    if (!id) return;
    const opened = this.conversation;
    let busy = false;
    opened.addEventListener('change', () => {
      if (opened !== this.conversation) return;
      document.title = `${opened.chat?.title ?? 'Chat'} · Konko`;
      if (!!opened.running !== busy) {
        busy = !busy;
        this.#list()?.refresh();
      }
      this.requestUpdate();
    });
    opened.open();
  }

  #onKey(event) {
    if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.menu = true;
      this.updateComplete.then(() => this.querySelector('input[type=search]').focus());
    } else if (event.key === 'Escape' && !event.defaultPrevented && !this.asking) {
      if (this.menu) this.menu = false;
      else if (this.panel && !WIDE.matches) this.panel = false;
      else this.#stop();
    }
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

  async #send({ detail: { content, done } }) {
    this.notice = '';
    try {
      if (!this.conversation) {
        const title = content.trim().split('\n')[0].slice(0, 60).replace(/[\uD800-\uDBFF]$/, '');
        const chat = await json('POST', '/chats', { body: { title } });
        history.pushState(null, '', `#/chats/${chat.id}`);
        this.#route();
      }
      await this.conversation.send(content);
      done(true);
    } catch (failure) {
      this.notice = inWords(failure);
      done(false);
    }
  }

  async #retry(reply) {
    this.notice = '';
    try {
      await this.conversation.retry(reply);
    } catch (failure) {
      this.notice = inWords(failure);
    }
  }

  async #stop() {
    const reply = this.conversation?.running;
    if (!reply) return;
    try {
      await this.conversation.stop(reply);
    } catch (failure) {
      this.notice = inWords(failure);
    }
  }

  #list() { return this.querySelector('konko-chats'); }

  #jumpTo(id) {
    if (!WIDE.matches) this.panel = false;
    this.querySelector('konko-log').jumpTo(id);
  }

  render() {
    const { conversation } = this;
    return html`
      <div class="shell ${this.menu ? 'menu' : ''} ${this.panel && conversation ? 'panel' : ''}">
        <nav class="side" aria-label="All chats">
          <konko-chats .current=${conversation?.id ?? null}></konko-chats>
        </nav>
        <button class="scrim" aria-label="Close" tabindex="-1"
          @click=${() => { this.menu = false; this.panel = WIDE.matches && this.panel; }}></button>
        <main>
          <header class="top">
            <button class="icon only-narrow" aria-label="Show chats" aria-expanded=${this.menu}
              @click=${() => { this.menu = !this.menu; }}>${lines}</button>
            <h1>${conversation ? conversation.chat?.title ?? (conversation.loading ? '' : 'Chat') : 'New chat'}</h1>
            ${conversation && !conversation.gone ? html`
              <button class="quiet" aria-expanded=${this.panel} aria-label="Show summary"
                @click=${() => { this.panel = !this.panel; }}>Summary</button>` : nothing}
          </header>
          <konko-log .conversation=${conversation} .notice=${this.notice}
            @send=${event => this.#send(event)} @stop=${() => this.#stop()}
            @retry=${event => this.#retry(event.detail)}></konko-log>
        </main>
        ${this.panel && conversation && !conversation.gone ? html`
          <aside class="about" role="region" aria-label="Summary">
            <konko-summary .conversation=${conversation}
              @jump=${event => this.#jumpTo(event.detail)}
              @close=${() => { this.panel = false; }}></konko-summary>
          </aside>` : nothing}
      </div>
      ${this.asking ? html`
        <dialog aria-labelledby="key-title" @cancel=${event => event.preventDefault()}>
          <form @submit=${event => this.#answer(event)}>
            <h2 id="key-title">An API key, please</h2>
            <p>${this.asking.wrong ? 'The service does not know that key.' : 'This service answers those it knows.'}
              The key stays in this tab, and is forgotten when you close it.</p>
            <label>API key <input name="key" type="password" required autocomplete="off" autofocus></label>
            <button class="main">Continue</button>
          </form>
        </dialog>` : nothing}`;
  }
}

const lines = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 5h14M3 10h14M3 15h14"/></svg>`;

customElements.define('konko-app', App);
