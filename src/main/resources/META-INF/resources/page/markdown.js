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

/** Colours the code in `host`; where that fails it stays plain. */
export function colour(host) {
  host.querySelectorAll('.code').forEach(frame =>
    colourOne(frame.querySelector('pre code'), frame.dataset.language.toLowerCase()).catch(() => {}));
}

async function colourOne(code, language) {
  const name = LANGUAGES.get(language);
  if (!name) return;
  if (!hljs.getLanguage(name)) hljs.registerLanguage(name, (await import(`highlight.js/languages/${name}.js`)).default);
  code.replaceChildren(DOMPurify.sanitize(
    hljs.highlight(code.textContent, { language: name, ignoreIllegals: true }).value,
    { RETURN_DOM_FRAGMENT: true, ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'] }));
}

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'video', 'audio', 'picture', 'source', 'dialog'],
  FORBID_ATTR: ['style', 'id', 'name', 'class'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};

/** @returns elements that show `text` */
export function elementsOf(text) {
  const html = marked.parse(text, { gfm: true, breaks: true, async: false });
  const languages = [...html.matchAll(/<pre><code(?: class="language-([^"]*)")?>/g)].map(match => match[1]);
  const fragment = DOMPurify.sanitize(html, CLEAN);
  fragment.querySelectorAll('img').forEach(asLink); // nothing is loaded from elsewhere
  fragment.querySelectorAll('a').forEach(link => {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  });
  fragment.querySelectorAll('table').forEach(table => wrap(table, 'wide'));
  fragment.querySelectorAll('pre').forEach((pre, index) => asCode(pre, languages[index]));
  return [...fragment.childNodes];
}

function asLink(image) {
  const link = document.createElement('a');
  link.href = image.src;
  link.textContent = image.alt || 'image';
  image.replaceWith(link);
}

function wrap(element, name) {
  const frame = document.createElement('div');
  frame.className = name;
  frame.tabIndex = 0;
  element.replaceWith(frame);
  frame.append(element);
  return frame;
}

function asCode(pre, language) {
  const code = pre.querySelector('code');
  if (!code) return;
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

/** Shows elements in place of those that are there; what is the same stays, and stays selected. */
export function show(host, elements) {
  const old = [...host.childNodes];
  elements.forEach((element, index) => {
    if (!old[index]) host.append(element);
    else if (!old[index].isEqualNode(element)) old[index].replaceWith(element);
  });
  old.slice(elements.length).forEach(element => element.remove());
}

export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea'); // browsers withhold the clipboard from plain HTTP
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
