// The public API as the page uses it: calls, problems, and server-sent events over fetch.

const STORED = 'konko.key';
const SILENCE = 45_000; // ms; the service says something every 15 s

/** The API key, kept for this tab's session only. */
export const key = {
  get: () => sessionStorage.getItem(STORED),
  set: value => sessionStorage.setItem(STORED, value),
  forget: () => sessionStorage.removeItem(STORED),
};

/** The service said no; `code` says why. `retryAfter` is in seconds. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail ?? `The service answered with status ${status}.`);
    this.status = status;
    this.code = document.code ?? 'unknown';
    this.retryAfter = document.retryAfter;
    this.violations = document.violations ?? [];
  }
}

/** The service could not be reached, or a connection broke. */
export class Lost extends Error {}

/** A person is to be asked for a key; resolves once there is one. */
let askForKey = async () => {};
export const onKeyNeeded = ask => { askForKey = ask; };

export async function call(method, path, { body, headers = {}, signal } = {}) {
  for (;;) {
    const used = key.get();
    const all = { Accept: 'application/json', ...headers };
    if (used) all.Authorization = `Bearer ${used}`;
    if (body !== undefined) all['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(path, {
        method, headers: all, signal, cache: 'no-store', credentials: 'omit',
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (failed) {
      throw signal?.aborted ? failed : new Lost();
    }
    if (response.ok) return response;
    if (response.status === 401) {
      await askForKey(used !== null);
      continue;
    }
    throw new Problem(response.status, await response.json().catch(() => ({})));
  }
}

export const json = async (...request) => (await call(...request)).json();

/** The events of a response. Throws Lost if the connection breaks, or falls silent. */
export async function* events(response, signal) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await next(reader);
      if (done) return;
      text += value;
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const event = parse(text.slice(0, end));
        if (event.data) yield { name: event.event, data: JSON.parse(event.data) };
      }
    }
  } catch (failed) {
    throw signal?.aborted ? failed : new Lost();
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function next(reader) {
  let timer;
  const silence = new Promise((_, reject) => { timer = setTimeout(() => reject(new Lost()), SILENCE); });
  try {
    return await Promise.race([reader.read(), silence]);
  } finally {
    clearTimeout(timer);
  }
}

function parse(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  return fields;
}

/** As good as crypto.randomUUID(), which browsers withhold from plain HTTP. */
export const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');

const WORDS = {
  'rate-limited': 'You are asking faster than you may.',
  'queue-full': 'Too many messages are waiting in this chat. Let some be answered first.',
  'overloaded': 'The service is busy at the moment.',
  'capacity': 'The service has no room for more.',
  'store-unavailable': 'Chats can’t be reached at the moment.',
  'chat-not-found': 'This chat is not there, or not yours.',
  'too-large': 'The message is too long.',
  'forbidden': 'You may not do this.',
  'model-failed': 'The model could not answer.',
  'model-unavailable': 'The model has no room at the moment.',
  'model-timeout': 'The model took too long.',
  'interrupted': 'The service was stopped again and again while it worked on this.',
};

/** Whether the same may well succeed a little later. */
export const isPassing = failure =>
  failure instanceof Lost || failure instanceof Problem && (failure.status === 429 || failure.status >= 500);

const FIELDS = { content: 'Your message', title: 'The title', instructions: 'The instructions', model: 'The model’s name' };

const ruleInWords = ({ field, message }) => `${FIELDS[field] ?? field} ${message}.`;

/** What went wrong, for a person. */
export function inWords(failure) {
  if (failure instanceof Lost) return 'The service can’t be reached.';
  const rules = (failure.violations ?? []).map(ruleInWords).join(' ');
  const words = WORDS[failure.code] ?? (rules || failure.message || 'Something went wrong.');
  return failure.retryAfter ? `${words} Try again in ${failure.retryAfter} s.` : words;
}
