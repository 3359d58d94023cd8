// Reads Markdown and colours code beside the page, which ends this worker if it takes too long. There is no document here.
import { latex } from './latex.js';

const MOST_ELEMENTS = 20_000; // of a reply; with more the page would be held up
const DEEPEST = 32; // elements within each other
const LONGEST = 100_000; // characters of text in one piece

/** File by name of language; loaded when first met. */
const LANGUAGES = new Map(
  ('bash c cpp csharp css diff dockerfile go java javascript json kotlin lua markdown php python ruby rust scala shell sql swift '
    + 'typescript xml yaml').split(' ').map(name => [name, name]));
Object.entries({ sh: 'bash', zsh: 'bash', 'c++': 'cpp', cs: 'csharp', js: 'javascript', jsx: 'javascript', kt: 'kotlin',
  md: 'markdown', py: 'python', rb: 'ruby', rs: 'rust', console: 'shell', ts: 'typescript', tsx: 'typescript', html: 'xml', svg: 'xml',
  yml: 'yaml' }).forEach(([alias, name]) => LANGUAGES.set(alias, name));

/** Tags that may be written as such; all else of HTML is shown as the text that it is. */
const TAGS = /&lt;(\/?(?:br|b|i|em|strong|u|s|small|sub|sup|kbd|mark|details|summary))\s*\/?&gt;/gi;
const TAG = /<(\/?)([a-z]\w*)/gi;
const EMPTY = new Set(['br', 'hr']);
const FORMATTING = new Set(['b', 'i', 'em', 'strong', 'u', 's', 'small']);

const SIGNS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = text => text.replace(/[&<>"]/g, sign => SIGNS[sign]);

let markdown;
let hljs;
let languages; // where they are
let colouring = false; // else code is left plain
let missing; // languages that were met and are not loaded
let coloured = new Map(); // code of the last reply, by language and text; most of it is in the next one
let before = coloured;

onmessage = async ({ data: addresses }) => {
  onmessage = null;
  try {
    globalThis.module = {}; // highlight.js' core is packaged as CommonJS only: this is what it exports to
    const [{ Marked, Tokenizer }] = await Promise.all([import(addresses.marked), import(addresses.highlight)]);
    hljs = globalThis.module.exports;
    languages = addresses.languages;
    markdown = new Marked({ gfm: true, breaks: true, renderer }, latex(Tokenizer, escape));
    onmessage = ({ data }) => answer(data);
    postMessage({ ready: true });
  } catch {
    postMessage({ broken: true });
  }
};

const renderer = {
  html: ({ text }) => escape(text).replace(TAGS, '<$1>'),
  image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || 'image')}</a>`, // nothing is loaded from elsewhere
  checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  code({ text, lang }) {
    const name = /^\S*/.exec(lang ?? '')[0];
    const code = `${text.replace(/\n$/, '')}\n`;
    return `<pre><code${name && ` class="language-${escape(name)}"`}>${colour(code, name)}</code></pre>\n`;
  },
};

/** Answers at once without colours, and then with them. */
function answer({ text, inline, colours }) {
  try {
    if (inline) postMessage({ blocks: [markdown.parseInline(text)], done: true });
    else read(text, colours);
  } catch {
    postMessage({ blocks: null, done: true });
  }
}

function read(text, colours) {
  colouring = false;
  const groups = groupsOf(markdown.lexer(text));
  const plain = groups.map(group => group.html);
  const withColours = colours && plain.some(html => html.includes('<code class='));
  postMessage({ blocks: plain, done: !withColours });
  if (!withColours) return;
  colouring = true;
  missing = new Set();
  [before, coloured] = [coloured, new Map()];
  postMessage({ blocks: painted(groups), missing: missing.size > 0, done: true });
  missing.forEach(load);
}

function painted(groups) {
  try {
    const size = new Size();
    return groups.map(({ tokens, html }) => (html.includes('<code class=') ? size.of(markdown.parser(tokens)).trim() : html));
  } catch {
    return groups.map(group => group.html);
  }
}

/** What can be shown and changed by itself: a block, or several if a tag is opened in one and closed in another. */
function groupsOf(tokens) {
  const groups = [];
  const size = new Size();
  let group = { tokens: [], html: '' };
  for (const token of tokens) {
    const html = size.of(markdown.parser([token]));
    group.tokens.push(token);
    group.html += html;
    if (size.depth > 0) continue;
    groups.push(group);
    group = { tokens: [], html: '' };
  }
  return [...groups, group].map(each => ({ ...each, html: each.html.trim() })).filter(({ html }) => html);
}

/** What a browser would have to build. What is left open of formatting it opens anew in each element that follows. */
class Size {
  depth = 0;
  #elements = 0;
  #formatting = 0;
  #open = new Map(); // how many, by name

  /** @returns the same, if it is not too much */
  of(html) {
    let end = 0;
    for (const { 0: found, 1: closes, 2: tag, index } of html.matchAll(TAG)) {
      const name = tag.toLowerCase();
      if (closes) this.#close(name);
      else this.#begin(name);
      if (this.#elements > MOST_ELEMENTS || this.depth > DEEPEST || index - end > LONGEST) throw new RangeError('too much to show');
      end = index + found.length;
    }
    if (html.length - end > LONGEST) throw new RangeError('too much to show');
    return html;
  }

  #begin(name) {
    this.#elements += 1 + this.#formatting;
    if (!EMPTY.has(name)) this.#count(name, 1);
  }

  #close(name) {
    if (this.#open.get(name) > 0) this.#count(name, -1);
  }

  #count(name, one) {
    this.#open.set(name, (this.#open.get(name) ?? 0) + one);
    this.depth += one;
    if (FORMATTING.has(name)) this.#formatting += one;
  }
}

function colour(code, name) {
  const language = LANGUAGES.get(name.toLowerCase());
  if (!colouring || !language) return escape(code);
  if (!hljs.getLanguage(language)) {
    missing.add(language);
    return escape(code);
  }
  const key = `${language} ${code}`;
  const html = coloured.get(key) ?? before.get(key) ?? hljs.highlight(code, { language, ignoreIllegals: true }).value;
  coloured.set(key, html);
  return html;
}

async function load(name) {
  try {
    const { default: language } = await import(`${languages}languages/${name}.js`);
    hljs.registerLanguage(name, language);
    postMessage({ language: name });
  } catch {
    LANGUAGES.forEach((file, alias) => { if (file === name) LANGUAGES.delete(alias); }); // it stays plain
  }
}
