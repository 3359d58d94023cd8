// One chat's log as this tab knows it, kept true: what is written is followed, what others post is found.
import { Lost, Problem, call, events, json, newId } from './api.js';

const PAGE = 100;
const LOOK_EVERY = 2000; // ms; for what other people and programs post
const TERMINAL = new Set(['completed', 'incomplete', 'failed']);

export const isOver = message => TERMINAL.has(message.status);

const pause = (ms, signal) =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });

/** Fires `change` whenever something of it has changed. */
export class Conversation extends EventTarget {
  chat = null;
  messages = []; // by seq, without gaps
  gone = false;
  lost = false; // the connection, and it is being tried again
  failure = null; // why it could not be opened
  loading = true;
  #older = null;
  #following = new Set();
  #end = new AbortController();
  #seen = '';
  #others = new BroadcastChannel('konko');

  constructor(id) {
    super();
    this.id = id;
    this.path = `/chats/${id}`;
    this.#others.onmessage = ({ data }) => { if (data === id) this.#look(); };
  }

  get hasOlder() { return this.#older !== null; }

  get running() { return this.messages.find(message => message.role === 'assistant' && !isOver(message)); }

  async open() {
    try {
      const page = await this.#steadily(() => this.#page());
      page.data.reverse().forEach(message => this.#put(message)); // beside what was sent meanwhile
      this.#older = page.nextCursor;
      this.chat = await this.#steadily(() => json('GET', this.path, { signal: this.#end.signal }));
    } catch (failure) {
      this.#give(failure);
    }
    this.loading = false;
    this.#changed();
    this.#watch();
  }

  close() {
    this.#end.abort();
    this.#others.close();
  }

  async older() {
    if (!this.#older) return;
    const cursor = this.#older;
    this.#older = null;
    try {
      const page = await this.#page(cursor);
      this.messages = [...page.data.reverse(), ...this.messages];
      this.#older = page.nextCursor;
    } catch {
      this.#older = cursor;
    }
    this.#changed();
  }

  /** Resolves once the post is accepted; a lost connection makes no second turn of it. */
  send(content) {
    const headers = { Accept: 'text/event-stream', 'Idempotency-Key': newId() };
    return this.#stream(() =>
      call('POST', `${this.path}/messages`, { body: { content }, headers, signal: this.#end.signal }));
  }

  retry(reply) {
    return this.#stream(() =>
      call('POST', `${this.path}/messages/${reply.id}/retry`,
        { headers: { Accept: 'text/event-stream' }, signal: this.#end.signal }));
  }

  async stop(reply) {
    this.#put(await json('POST', `${this.path}/messages/${reply.id}/cancel`));
    this.#tellOthers();
  }

  async patch(settings) {
    this.chat = await json('PATCH', this.path, { body: settings });
    this.#tellOthers();
    this.#changed();
  }

  #page(cursor) {
    const query = new URLSearchParams({ order: 'desc', limit: PAGE });
    if (cursor) query.set('cursor', cursor);
    return json('GET', `${this.path}/messages?${query}`, { signal: this.#end.signal });
  }

  async #stream(request) {
    const response = await this.#steadily(request);
    const stream = events(response, this.#end.signal);
    const { value: accepted } = await stream.next().catch(() => ({}));
    if (accepted?.name !== 'accepted') {
      await this.#look();
      return;
    }
    const { message, reply } = accepted.data;
    this.#put(message);
    this.#tellOthers();
    if (this.#following.has(reply.id)) { // a look was faster
      await stream.return();
      return;
    }
    this.#following.add(reply.id);
    this.#keep({ ...reply, content: '' });
    this.#follow(reply.id, stream);
  }

  /** As often as it takes while the service can't be reached. */
  async #steadily(request) {
    for (let wait = 300; ; wait = Math.min(wait * 2, 5000)) {
      try {
        const answer = await request();
        this.#connected(true);
        return answer;
      } catch (failure) {
        if (!(failure instanceof Lost)) throw failure;
        this.#connected(false);
        await pause(wait, this.#end.signal);
        if (this.#end.signal.aborted) throw failure;
      }
    }
  }

  #keepUp(message) {
    if (message.role === 'assistant' && !isOver(message) && !this.#following.has(message.id)) {
      this.#following.add(message.id);
      this.#follow(message.id);
    }
  }

  /** To the reply's end, over as many connections as it takes, each from where the last one broke. */
  async #follow(replyId, stream) {
    try {
      for (;;) {
        try {
          stream ??= events(await this.#steadily(() => this.#attach(replyId)), this.#end.signal);
          for await (const { name, data } of stream) {
            if (name === 'delta') {
              const reply = this.#find(replyId);
              this.#replace({ ...reply, status: 'in_progress', content: reply.content + data.content });
            } else if (TERMINAL.has(name)) {
              this.#following.delete(replyId);
              this.#put(data);
              this.#tellOthers();
              return;
            }
          }
        } catch (failure) {
          if (failure.code === 'bad-header') {
            this.#replace({ ...this.#find(replyId), content: '' }); // it was begun anew
          } else if (failure instanceof Problem && failure.status < 500) {
            throw failure;
          } else if (this.#end.signal.aborted) {
            return;
          } else {
            await pause(500, this.#end.signal);
          }
        }
        stream = null; // it broke off
      }
    } catch (failure) {
      this.#give(failure);
    } finally {
      this.#following.delete(replyId);
    }
  }

  #attach(replyId) {
    const offset = this.#find(replyId).content.length;
    const headers = { Accept: 'text/event-stream', ...(offset && { 'Last-Event-ID': String(offset) }) };
    return call('GET', `${this.path}/messages/${replyId}`, { headers, signal: this.#end.signal });
  }

  async #watch() {
    while (!this.#end.signal.aborted && !this.gone) {
      await pause(LOOK_EVERY, this.#end.signal);
      if (document.visibilityState === 'visible') await this.#look();
    }
  }

  /** For what has come from elsewhere. */
  async #look() {
    try {
      const chat = await json('GET', this.path, { signal: this.#end.signal });
      this.#connected(true);
      const seen = `${chat.updatedAt} ${chat.status} ${chat.messageCount}`;
      if (seen === this.#seen) return;
      this.chat = chat;
      const missed = [];
      const last = this.messages.at(-1)?.seq ?? 0;
      let page = { nextCursor: undefined };
      do {
        page = await this.#page(page.nextCursor);
        missed.push(...page.data);
      } while (page.nextCursor && missed.at(-1).seq > last + 1);
      missed.reverse().forEach(message => {
        if (message.seq >= (this.messages[0]?.seq ?? 0)) this.#put(message);
      });
      this.#seen = seen;
      this.#changed();
    } catch (failure) {
      if (failure instanceof Lost) this.#connected(false);
      else this.#give(failure);
    }
  }

  #put(message) {
    if (this.#following.has(message.id) && this.#find(message.id)) {
      if (!isOver(message)) return; // its stream knows better
    }
    this.#keep(message);
    this.#keepUp(message);
  }

  #keep(message) {
    if (this.#find(message.id)) this.#replace(message);
    else {
      this.messages = [...this.messages, message].sort((one, other) => one.seq - other.seq);
      this.#changed();
    }
  }

  #find(id) { return this.messages.find(message => message.id === id); }

  #replace(message) {
    this.messages = this.messages.map(each => (each.id === message.id ? message : each));
    this.#changed();
  }

  #connected(yes) {
    if (this.lost === yes) {
      this.lost = !yes;
      this.#changed();
    }
  }

  #give(failure) {
    if (this.#end.signal.aborted) return;
    if (failure.code === 'chat-not-found') this.gone = true;
    else if (!(failure instanceof Problem) || failure.status !== 429) this.failure = failure;
    this.#changed();
  }

  #tellOthers() { this.#others.postMessage(this.id); }

  #changed() { this.dispatchEvent(new Event('change')); }
}
