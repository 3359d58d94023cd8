// Markdown as harmless elements: marked reads it, DOMPurify cleans it, highlight.js colours the code.
import { marked } from 'marked';
import DOMPurify from 'dompurify';

const hljs = globalThis.module.exports;

/** File by name of language; loaded when first met. */
const LANGUAGES = new Map(
  ('bash c cpp csharp css diff dockerfile go java javascript json kotlin lua markdown php python ruby rust scala shell sql swift '
    + 'typescript xml yaml').split(' ').map(name => [name, name]));
Object.entries({ sh: 'bash', zsh: 'bash', 'c++': 'cpp', cs: 'csharp', js: 'javascript', jsx: 'javascript', kt: 'kotlin',
  md: 'markdown', py: 'python', rb: 'ruby', rs: 'rust', console: 'shell', ts: 'typescript', tsx: 'typescript', html: 'xml', svg: 'xml',
  yml: 'yaml' }).forEach(([alias, name]) => LANGUAGES.set(alias, name));

/** Colours the code in `host` that is not yet; where that fails it stays plain. */
export function colour(host) {
  host.querySelectorAll('.code:not(.coloured)').forEach(frame => {
    const name = LANGUAGES.get(frame.dataset.language.toLowerCase());
    if (!name) return;
    if (hljs.getLanguage(name)) colourOne(frame, name);
    else load(name).then(() => colour(host), () => {});
  });
}

async function load(name) {
  const { default: language } = await import(`highlight.js/languages/${name}.js`);
  hljs.registerLanguage(name, language);
}

function colourOne(frame, language) {
  const code = frame.querySelector('pre code');
  code.replaceChildren(DOMPurify.sanitize(
    hljs.highlight(code.textContent, { language, ignoreIllegals: true }).value,
    { RETURN_DOM_FRAGMENT: true, ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] }));
  frame.classList.add('coloured');
}

/** Tags that may be written as such; all else of HTML is shown as the text that it is. */
const TAGS = /&lt;(\/?(?:br|b|i|em|strong|u|s|sub|sup|kbd|mark|small|details|summary))\s*\/?&gt;/gi;

const SIGNS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = text => text.replace(/[&<>"]/g, sign => SIGNS[sign]);

marked.use({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escape(text).replace(TAGS, '<$1>'),
    image: ({ href, text }) => `<a href="${escape(href)}">${escape(text || 'image')}</a>`, // nothing is loaded from elsewhere
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'video', 'audio', 'picture', 'source', 'dialog'],
  FORBID_ATTR: ['style', 'id', 'name', 'class'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};

/** @returns elements that show `text` */
function elementsOf(text) {
  const html = marked.parse(text);
  const languages = [...html.matchAll(/<pre><code(?: class="language-([^"]*)")?>/g)].map(match => match[1]);
  const fragment = DOMPurify.sanitize(html, CLEAN);
  fragment.querySelectorAll('a').forEach(link => {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  });
  fragment.querySelectorAll('table').forEach(table => wrap(table, 'wide'));
  fragment.querySelectorAll('pre:has(> code)').forEach((pre, index) => asCode(pre, languages[index]));
  return [...fragment.childNodes];
}

/** @returns a line of Markdown without its marks */
export const plain = text => DOMPurify.sanitize(marked.parseInline(text.replace(/^#+ /, '')), CLEAN).textContent;

function wrap(element, name) {
  const frame = document.createElement('div');
  frame.className = name;
  frame.tabIndex = 0;
  element.replaceWith(frame);
  frame.append(element);
  return frame;
}

function asCode(pre, language) {
  pre.tabIndex = 0;
  const frame = document.createElement('div');
  frame.className = 'code';
  frame.dataset.language = language ?? '';
  const head = document.createElement('div');
  head.className = 'code-head';
  const name = document.createElement('span');
  name.textContent = language ?? '';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet copy-code';
  button.textContent = 'Copy code';
  head.append(name, button);
  pre.replaceWith(frame);
  frame.append(head, pre);
}

const SOURCE = Symbol('what an element was made of');

/** Shows `text` in `host`; of what is there, what is the same stays, with its selection, scroll and focus. */
export function show(host, text) {
  const old = [...host.childNodes].filter(node => node.nodeType !== Node.COMMENT_NODE);
  const elements = elementsOf(text);
  elements.forEach((element, index) => {
    element[SOURCE] = element.outerHTML ?? element.textContent;
    const there = old[index];
    if (!there) host.append(element);
    else if (there[SOURCE] !== element[SOURCE] && !growCode(there, element)) there.replaceWith(element);
  });
  old.slice(elements.length).forEach(element => element.remove());
}

function growCode(there, element) {
  if (there.className !== 'code' && there.className !== 'code coloured' || element.className !== 'code'
    || there.dataset.language !== element.dataset.language) return false;
  there.querySelector('code').replaceChildren(...element.querySelector('code').childNodes);
  there.classList.remove('coloured');
  there[SOURCE] = element[SOURCE];
  return true;
}

/** @returns whether it could */
export async function copy(text) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    return false;
  }
  const area = document.createElement('textarea'); // browsers withhold the clipboard from plain HTTP
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
