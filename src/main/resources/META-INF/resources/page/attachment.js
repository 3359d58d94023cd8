// An image or a file of a message. Its bytes are fetched, because only the page has the key.
import { LitElement, html, nothing } from 'lit';
import { call } from './api.js';
import { tame } from './markdown.js';

class Attachment extends LitElement {
  static properties = { chat: {}, item: {}, src: { state: true }, failed: { state: true } };

  createRenderRoot() { return this; }

  updated(changed) {
    if (this.item.type === 'image' && (changed.has('chat') || changed.has('item')) && this.shown !== this.#path()) this.#show();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#forget();
  }

  #path() { return `/chats/${this.chat}/attachments/${this.item.attachment}`; }

  async #show() {
    this.#forget();
    this.shown = this.#path();
    const src = await this.#load();
    if (this.isConnected && this.shown === this.#path()) this.src = src;
    else URL.revokeObjectURL(src);
  }

  #forget() {
    URL.revokeObjectURL(this.src);
    this.src = this.shown = undefined;
  }

  async #load() {
    this.failed = false;
    try {
      return URL.createObjectURL(await (await call('GET', this.#path(), { headers: { Accept: '*/*' } })).blob());
    } catch {
      this.failed = true;
      return undefined;
    }
  }

  async #save() {
    const href = await this.#load();
    if (!href) return;
    Object.assign(document.createElement('a'), { href, download: this.item.name ?? 'image' }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser may ask where to
  }

  render() {
    return html`${this.src ? html`<img src=${this.src} alt="Image">`
      : html`<button class="quiet" @click=${() => this.#save()}>${tame(this.item.name ?? 'Image')}</button>`}
      ${this.failed ? html`<span class="aside-note">It can’t be loaded.</span>` : nothing}`;
  }
}

customElements.define('konko-attachment', Attachment);
