// What a chat comes to: counts, highlights, its settings, and what of it the model would see next.
import { LitElement, html, nothing } from 'lit';
import { inWords, isPassing, json } from './api.js';
import { plain } from './markdown.js';
import { pictureOf } from './window.js';

const MOST = 5; // highlights
const number = new Intl.NumberFormat();
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

class Summary extends LitElement {
  static properties = {
    conversation: {}, settings: {}, counts: { state: true }, context: { state: true }, highlights: { state: true },
    finding: { state: true }, failure: { state: true }, saved: { state: true },
  };

  createRenderRoot() { return this; }

  willUpdate(changed) {
    if (!changed.has('conversation')) return;
    changed.get('conversation')?.removeEventListener('change', this.look);
    this.conversation?.addEventListener('change', this.look);
    this.counts = null;
    this.context = null;
    this.highlights = null;
    this.finding = false;
    this.failure = null;
    this.saved = '';
    this.seen = null;
    clearTimeout(this.retrying);
    this.look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.retrying);
    this.conversation?.removeEventListener('change', this.look);
  }

  /** Anew when something has begun or ended. */
  look = () => {
    const { conversation } = this;
    this.requestUpdate();
    if (!conversation?.chat || conversation.gone) return;
    const { messages, chat: { instructions, model } } = conversation;
    const seen = JSON.stringify([messages.length, messages.at(-1)?.status, instructions, model]);
    if (seen === this.seen) return;
    this.seen = seen;
    this.#load(conversation);
  };

  /** Counts and context, for which the model is not asked. */
  async #load(conversation) {
    clearTimeout(this.retrying);
    const { seen } = this;
    const isOld = () => conversation !== this.conversation || seen !== this.seen;
    try {
      const [counts, context] = await Promise.all(
        ['summary?highlights=0', 'context'].map(what => json('GET', `${conversation.path}/${what}`)));
      if (isOld()) return;
      this.counts = counts;
      this.context = context;
      this.failure = null;
    } catch (failure) {
      if (isOld()) return;
      if (!isPassing(failure)) this.failure = failure;
      else this.retrying = setTimeout(() => this.#load(conversation), 1000 * (failure.retryAfter ?? 2));
    }
  }

  /** The highlights, for which the model is asked once. */
  async find() {
    const { conversation } = this;
    if (!conversation || this.finding) return;
    this.finding = true;
    try {
      const found = await json('GET', `${conversation.path}/summary?highlights=${MOST}`);
      await Promise.all(found.highlights.map(async each => { each.text = await plain(each.text); }));
      if (conversation !== this.conversation) return;
      this.highlights = found.summarizedThrough ? found : null;
      this.failure = null;
    } catch (failure) {
      if (conversation === this.conversation) this.failure = failure;
    }
    this.finding = false;
  }

  async #save(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    const settings = {};
    for (const name of ['instructions', 'model']) {
      const value = form.get(name).trim();
      if (value !== (this.conversation.chat[name] ?? '')) settings[name] = value || null;
    }
    this.saved = '';
    try {
      await this.conversation.patch(settings);
      this.saved = 'Saved.';
    } catch (failure) {
      this.saved = inWords(failure);
    }
  }

  #jump(id) { this.dispatchEvent(new CustomEvent('jump', { detail: id })); }

  render() {
    const { conversation } = this;
    return html`
      <div class="about-head"><h2>Summary</h2>
        <button class="icon close" aria-label="Close" @click=${() => this.dispatchEvent(new Event('close'))}>${cross}</button></div>
      ${conversation ? this.#chat(conversation) : this.#chatToCome()}`;
  }

  #chat({ chat, messages }) {
    const { counts, context, failure } = this;
    return html`
      ${failure ? html`<p class="notice" role="alert">${inWords(failure)}</p>` : nothing}
      ${counts ? this.#counts(counts) : failure ? nothing : html`<div class="ghosts" aria-hidden="true"><i></i><i></i></div>`}
      ${counts ? this.#highlights(counts) : nothing}
      ${context ? this.#window(context, messages) : nothing}
      ${chat ? html`
        <h3>Settings</h3>
        <form class="settings" @submit=${event => this.#save(event)} @input=${() => { this.saved = ''; }}>
          ${fields(chat)}
          <div><button class="quiet framed">Save settings</button> <span role="status" class="hint">${this.saved}</span></div>
        </form>` : nothing}`;
  }

  #chatToCome() {
    const { settings } = this;
    return html`
      <p class="hint">Counts, highlights and what the model sees will be here once something has been said.</p>
      <h3>Settings</h3>
      <form class="settings" @submit=${event => event.preventDefault()} @input=${({ target: { name, value } }) => {
        if (value.trim()) settings[name] = value.trim();
        else delete settings[name];
      }}>${fields(settings)}<p class="hint">They hold from your first message on.</p></form>`;
  }

  #counts({ messageCount, userMessageCount, assistantMessageCount, firstMessageAt, usage }) {
    const count = (name, value) => html`<div><dt>${name}</dt><dd>${number.format(value)}</dd></div>`;
    return html`
      <dl class="counts">
        ${count('Messages', messageCount)} ${count('Yours', userMessageCount)} ${count('Replies', assistantMessageCount)}
        ${usage ? count('Tokens', usage.totalTokens) : nothing}
      </dl>
      ${usage || firstMessageAt ? html`<p class="hint">
        ${usage ? `${number.format(usage.inputTokens)} tokens read, ${number.format(usage.outputTokens)} written. ` : ''}${
          firstMessageAt ? `Begun ${day.format(new Date(firstMessageAt))}.` : ''}</p>` : nothing}`;
  }

  #highlights(counts) {
    const { highlights: found, finding } = this;
    const stale = found && found.summarizedThrough !== counts.summarizedThrough;
    return html`
      <h3>Highlights</h3>
      ${found?.highlights.length ? html`<ul role="list" class="highlights">${found.highlights.map(({ text, messageId }) => html`
        <li><button dir="auto" @click=${() => this.#jump(messageId)}><span>${text}</span></button></li>`)}</ul>` : nothing}
      ${counts.summarizedThrough === 0 ? html`<p class="hint">There will be some after the first reply.</p>` : html`
        <div class="finding">
          ${found && !stale ? nothing : html`<button class="quiet framed" ?disabled=${finding} @click=${() => this.find()}>${
            finding ? 'Looking…' : stale ? 'Find them anew' : 'Find highlights'}</button>`}
          <p class="hint" role="status">${this.#source(found, stale)}</p></div>`}`;
  }

  #source(found, stale) {
    if (!found) return 'Asks the model, once.';
    if (stale) return 'The chat has gone on since.';
    return found.highlightsBy === 'model' ? 'Found by the model.' : 'Taken from the text as it is.';
  }

  #window(context, messages) {
    const { picture, words, legend } = pictureOf(context, messages);
    const { messages: left, tokens } = context.nextCut ?? { messages: 0, tokens: 0 }; // a replica of the version before has none
    const share = 1 - tokens / context.maxTokens;
    return html`
      <h3>What the model sees next</h3>
      <figure class="view">
        ${picture}
        <figcaption>
          <p>${words}</p>
          <ul role="list" class="legend">${legend.map(({ name, text }) => html`<li><i class=${name}></i>${text}</li>`)}</ul>
          <svg class="gauge" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
            <rect class="rail" width="100" height="3"/><rect class="fill" width=${share * 100} height="3"/></svg>
          <p class="hint">About ${number.format(context.estimatedTokens)} tokens. The oldest are left out once more than
            ${number.format(left)} messages or ${number.format(tokens)} tokens have come, your next counted.</p>
        </figcaption>
      </figure>`;
  }
}

const fields = ({ instructions, model }) => html`
  <label>Instructions <textarea name="instructions" rows="4" dir="auto"
    placeholder="How the model should answer in this chat" .defaultValue=${instructions ?? ''}></textarea></label>
  <label>Model <input name="model" maxlength="200" placeholder="The service’s own" .defaultValue=${model ?? ''}></label>`;

const cross = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>`;

customElements.define('konko-summary', Summary);
