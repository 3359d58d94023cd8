// What a chat comes to: counts, highlights, its settings, and what of it the model would see next.
import { LitElement, html, nothing, svg } from 'lit';
import { inWords, json } from './api.js';

const REASONS = {
  window: 'too far back', tokens: 'more text than fits', 'no-reply': 'never answered', pending: 'still being answered',
};
const number = new Intl.NumberFormat();

class Summary extends LitElement {
  static properties = {
    conversation: {}, summary: { state: true }, context: { state: true }, failure: { state: true }, saved: { state: true },
  };

  createRenderRoot() { return this; }

  willUpdate(changed) {
    if (!changed.has('conversation')) return;
    changed.get('conversation')?.removeEventListener('change', this.look);
    this.conversation.addEventListener('change', this.look);
    this.summary = null;
    this.context = null;
    this.seen = null;
    this.saved = '';
    this.look();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.conversation.removeEventListener('change', this.look);
  }

  /** Anew when something has ended. */
  look = () => {
    const { conversation } = this;
    this.requestUpdate();
    if (!conversation.chat || conversation.running || conversation.gone) return;
    const seen = `${conversation.messages.at(-1)?.completedAt} ${conversation.messages.length} ${JSON.stringify(conversation.chat)}`;
    if (seen === this.seen) return;
    this.seen = seen;
    this.#load(conversation);
  };

  async #load(conversation) {
    try {
      const [summary, context] = await Promise.all(
        ['summary', 'context'].map(what => json('GET', `${conversation.path}/${what}`)));
      if (conversation !== this.conversation) return;
      this.summary = summary;
      this.context = context;
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }

  async #save(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    const settings = {};
    for (const name of ['instructions', 'model']) {
      const value = form.get(name).trim();
      if (value !== (this.conversation.chat[name] ?? '')) settings[name] = value || null;
    }
    try {
      await this.conversation.patch(settings);
      this.saved = 'Saved.';
      this.failure = null;
    } catch (failure) {
      this.saved = '';
      this.failure = failure;
    }
  }

  #jump(id) { this.dispatchEvent(new CustomEvent('jump', { detail: id })); }

  render() {
    const { summary, context, conversation: { chat } } = this;
    return html`
      <div class="about-head"><h2>Summary</h2>
        <button class="icon" aria-label="Close summary" @click=${() => this.dispatchEvent(new Event('close'))}>${cross}</button></div>
      ${this.failure ? html`<p class="notice" role="alert">${inWords(this.failure)}</p>` : nothing}
      ${summary ? this.#counts(summary) : html`<div class="ghosts" aria-hidden="true"><i></i><i></i></div>`}
      ${context ? this.#window(context) : nothing}
      ${chat ? this.#settings(chat) : nothing}`;
  }

  #counts(summary) {
    const { usage, highlights } = summary;
    return html`
      <dl class="counts">
        <div><dt>Messages</dt><dd>${number.format(summary.messageCount)}</dd></div>
        <div><dt>Yours</dt><dd>${number.format(summary.userMessageCount)}</dd></div>
        <div><dt>Replies</dt><dd>${number.format(summary.assistantMessageCount)}</dd></div>
        ${usage ? html`<div><dt>Tokens</dt><dd title="${usage.inputTokens} read, ${usage.outputTokens} written">${number.format(usage.totalTokens)}</dd></div>` : nothing}
      </dl>
      <h3>Highlights</h3>
      ${highlights.length ? html`<ul class="highlights">${highlights.map(({ text, messageId }) => html`
          <li><button @click=${() => this.#jump(messageId)}>${text}</button></li>`)}</ul>
          <p class="hint">${summary.highlightsBy === 'model' ? 'Found by the model.' : 'Taken from the text as it is.'}</p>`
        : html`<p class="hint">There will be some after the first reply.</p>`}`;
  }

  /** Every message a bar, in order and as tall as it is long; what the model sees is solid. */
  #window(context) {
    const seen = new Map(context.messages.filter(each => each.messageId).map(each => [each.messageId, each]));
    const left = new Map(context.excluded.map(each => [each.messageId, each.reason]));
    const known = new Map(this.conversation.messages.map(each => [each.id, each]));
    const ids = [...new Set([...left.keys(), ...seen.keys()])].sort();
    const reasons = Map.groupBy(context.excluded, each => each.reason);
    const width = 100 / Math.max(ids.length, 24);
    const bars = ids.map((id, index) => {
      const length = (seen.get(id) ?? known.get(id))?.content.length ?? 100;
      const height = Math.min(38, 5 + 5 * Math.log2(1 + length / 12));
      const role = seen.get(id)?.role ?? known.get(id)?.role;
      return svg`<rect class="${seen.has(id) ? `seen ${role}` : 'left'}" x=${index * width} y=${40 - height}
        width=${width * 0.78} height=${height} rx=${Math.min(width * 0.3, 0.8)}><title>${
          seen.has(id) ? 'The model sees this' : `Left out: ${REASONS[left.get(id)]}`}</title></rect>`;
    });
    const words = `The model would see ${seen.size} of ${ids.length} messages`;
    const share = Math.min(1, context.estimatedTokens / context.maxTokens);
    return html`
      <h3>What the model sees next</h3>
      <figure class="window">
        ${ids.length ? html`<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label=${words}>${bars}</svg>` : nothing}
        <figcaption>
          ${ids.length ? html`<p>${words}${context.messages[0]?.role === 'system' ? ', and the instructions' : ''}.</p>` : html`<p>Nothing yet.</p>`}
          ${reasons.size ? html`<ul class="left-out">${[...reasons].map(([reason, all]) =>
            html`<li>${number.format(all.length)} ${REASONS[reason]}</li>`)}</ul>` : nothing}
          <svg class="gauge" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true">
            <rect class="rail" width="100" height="3"/><rect class="fill" width=${share * 100} height="3"/></svg>
          <p class="hint">About ${number.format(context.estimatedTokens)} of ${number.format(context.maxTokens)} tokens,
            at most ${number.format(context.maxMessages)} messages with your next.</p>
        </figcaption>
      </figure>`;
  }

  #settings(chat) {
    return html`
      <h3>Settings</h3>
      <form class="settings" @submit=${event => this.#save(event)} @input=${() => { this.saved = ''; }}>
        <label>Instructions <textarea name="instructions" rows="4" maxlength="32768"
          placeholder="How the model should answer in this chat" .defaultValue=${chat.instructions ?? ''}></textarea></label>
        <label>Model <input name="model" maxlength="200" .defaultValue=${chat.model ?? ''}></label>
        <div><button class="quiet framed">Save settings</button> <span role="status" class="hint">${this.saved}</span></div>
      </form>`;
  }
}

const cross = html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M5 5l10 10M15 5L5 15"/></svg>`;

customElements.define('konko-summary', Summary);
