// One chat's log as this tab knows it, kept true: what is written is followed, what others post is found.
import { Lost, Problem, call, events, isPassing, json, newId } from './api.js';

const PAGE = 100;
const LOOK_EVERY = 2000; // ms; for what other people and programs post
const TERMINAL = new Set(['completed', 'incomplete', 'failed']);

export const isOver = message => TERMINAL.has(message.status);

/** What is read again is mostly as it was, and then stays the object that is on the page. */
const isSame = (known, read) => JSON.stringify(known) === JSON.stringify(read);

const isLost = failure => failure instanceof Lost;

/** Until then, or until there is reason to look sooner. */
const pause = (ms, signal) =>
  new Promise(resolve => {
    const heard = new AbortController();
    const done = () => { clearTimeout(timer); heard.abort(); resolve(); };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { signal: heard.signal });
    ['online', 'offline'].forEach(news => addEventListener(news, done, { signal: heard.signal }));
    document.addEventListener('visibilitychange', done, { signal: heard.signal });
  });

/** Fires `change` whenever something of it has changed. */
export class Conversation extends EventTarget {
  chat = null;
  messages = []; // by seq, without gaps
  gone = false;
  trouble = null; // why the service does not answer for now; it is being tried again
  failure = null; // why the chat can't be shown
  loading = true;
  #older = null; // cursor
  #fetching = null;
  #following = null; // id of the reply whose stream is open
  #stream = new AbortController();
  #end = new AbortController();
  #seen = '';
  #patience = LOOK_EVERY;
  #others = new BroadcastChannel('konko');

  constructor(id) {
    super();
    this.id = id;
    this.path = `/chats/${id}`;
    this.#others.onmessage = ({ data }) => { if (data === id) this.#look(); };
    document.addEventListener('visibilitychange', () => { if (document.hidden) this.#stream.abort(); },
      { signal: this.#end.signal });
  }

  get hasOlder() { return this.#older !== null; }

  get running() { return this.messages.find(message => message.role === 'assistant' && !isOver(message)); }

  get closed() { return this.#end.signal.aborted; }

  async open() {
    try {
      const page = await this.#until(() => this.#page(), isPassing);
      page.data.reverse().forEach(message => this.#put(message)); // beside what was sent meanwhile
      this.#older = page.nextCursor;
      this.chat = await this.#until(() => this.#get(this.path), isPassing);
    } catch (failure) {
      this.#give(failure);
    }
    this.loading = false;
    this.#changed();
    this.#watch();
  }

  close() {
    this.#end.abort();
    this.#stream.abort();
    this.#others.close();
  }

  /** One page more. */
  older() {
    this.#fetching ??= this.#fetchOlder().finally(() => { this.#fetching = null; });
    return this.#fetching;
  }

  async #fetchOlder() {
    try {
      const page = await this.#until(() => this.#page(this.#older), isPassing);
      this.messages = [...page.data.reverse(), ...this.messages];
      this.#older = page.nextCursor;
      this.#changed();
    } catch (failure) {
      this.#give(failure);
    }
  }

  /** Resolves once the post is accepted; a lost connection makes no second turn of it. */
  send(content) {
    return this.#post('/messages', { body: { content }, headers: { 'Idempotency-Key': newId() } });
  }

  async retry(reply) {
    try {
      await this.#post(`/messages/${reply.id}/retry`, {});
    } catch (failure) {
      if (failure.code !== 'not-retryable') throw failure;
      await this.#look(); // it runs already
    }
  }

  async stop(reply) {
    this.#keep(await json('POST', `${this.path}/messages/${reply.id}/cancel`));
    this.#tellOthers();
  }

  async patch(settings) {
    this.chat = await json('PATCH', this.path, { body: settings });
    this.#tellOthers();
    this.#changed();
  }

  async #post(path, { body, headers }) {
    const { message, reply } = await this.#until(
      () => json('POST', this.path + path,
        { body, headers: { ...headers, Prefer: 'respond-async' }, signal: this.#end.signal }),
      isLost);
    this.#put(message);
    this.#put(reply);
    this.#tellOthers();
  }

  #get(path) { return json('GET', path, { signal: this.#end.signal }); }

  #page(cursor) {
    const query = new URLSearchParams({ order: 'desc', limit: PAGE });
    if (cursor) query.set('cursor', cursor);
    return this.#get(`${this.path}/messages?${query}`);
  }

  /** As often as it takes while it fails in a way that passes. */
  async #until(request, passes) {
    for (let wait = 300; ; wait = Math.min(wait * 2, LOOK_EVERY)) {
      try {
        const answer = await request();
        this.#troubled(null);
        return answer;
      } catch (failure) {
        this.#end.signal.throwIfAborted();
        if (!passes(failure)) throw failure;
        this.#troubled(failure);
        await pause(1000 * (failure.retryAfter ?? 0) || wait, this.#end.signal);
        this.#end.signal.throwIfAborted();
      }
    }
  }

  /** What is written, one reply after the other: browsers have few connections to one service. */
  async #follow() {
    if (this.#following) return;
    try {
      for (let reply; !this.closed && (reply = this.running);) {
        this.#following = reply.id;
        await this.#read(reply.id);
      }
    } catch (failure) {
      this.#give(failure);
    } finally {
      this.#following = null;
    }
  }

  /** To the reply's end, over as many connections as it takes, each from where the last one broke. */
  async #read(id) {
    for (let broken = false; !this.closed; broken = true) {
      if (document.hidden) {
        await pause(LOOK_EVERY, this.#end.signal);
        continue;
      }
      if (broken) await this.#catchUp(id);
      if (isOver(this.#find(id))) return;
      this.#stream = new AbortController();
      const { signal } = this.#stream;
      try {
        for await (const { name, data } of events(await this.#attach(id, signal), signal)) {
          if (name === 'delta') this.#append(id, data.content);
          else if (TERMINAL.has(name)) {
            this.#keep(data);
            this.#tellOthers();
            return;
          }
        }
      } catch (failure) {
        const over = failure instanceof Problem && !isPassing(failure) && failure.code !== 'bad-header';
        if (over) throw failure;
      }
      await pause(300, this.#end.signal);
    }
  }

  /** A service that was restarted may have begun the reply anew. */
  async #catchUp(id) {
    this.#keep(await this.#until(() => this.#get(`${this.path}/messages/${id}`), isPassing));
  }

  #attach(id, signal) {
    const reply = this.#find(id);
    const anew = (reply.items ?? []).length > 0; // the length of its text does not say how much was read of the rest
    if (anew) this.#replace({ ...reply, content: '' });
    const offset = anew ? 0 : reply.content.length;
    const headers = { Accept: 'text/event-stream', ...(offset && { 'Last-Event-ID': String(offset) }) };
    return call('GET', `${this.path}/messages/${id}`, { headers, signal });
  }

  async #watch() {
    while (!this.closed && !this.gone) {
      await pause(this.#patience, this.#end.signal);
      if (!document.hidden && !this.closed) await this.#look();
    }
  }

  /** For what has come from elsewhere. */
  async #look() {
    try {
      this.#patience = LOOK_EVERY;
      const chat = await this.#get(this.path);
      this.#troubled(null);
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
      if (!isPassing(failure)) this.#give(failure);
      else if (failure.status === 429) this.#patience = 1000 * (failure.retryAfter ?? 5);
      else this.#troubled(failure);
    }
  }

  #put(message) {
    if (message.id !== this.#following || isOver(message)) this.#keep(message); // else its stream knows better
    this.#follow();
  }

  #keep(message) {
    const known = this.#find(message.id);
    if (known) {
      if (!isSame(known, message)) this.#replace(message);
    } else {
      this.messages = [...this.messages, message].sort((one, other) => one.seq - other.seq);
      this.#changed();
    }
  }

  #find(id) { return this.messages.find(message => message.id === id); }

  #append(id, text) {
    const reply = this.#find(id);
    if (!isOver(reply)) this.#replace({ ...reply, status: 'in_progress', content: reply.content + text });
  }

  #replace(message) {
    this.messages = this.messages.map(each => (each.id === message.id ? message : each));
    this.#changed();
  }

  /** With a service that is not there, no stream is either, though it may not have noticed. */
  #troubled(failure) {
    if (failure && isLost(failure)) this.#stream.abort();
    if (this.trouble === failure) return;
    this.trouble = failure;
    this.#changed();
  }

  #give(failure) {
    if (this.closed) return;
    if (failure.code === 'chat-not-found') this.gone = true;
    else this.failure = failure;
    this.#changed();
  }

  #tellOthers() { if (!this.closed) this.#others.postMessage(this.id); }

  #changed() { this.dispatchEvent(new Event('change')); }
}
