// Markdown as harmless elements: a worker reads it, DOMPurify cleans what comes of it.
import DOMPurify from 'dompurify';
import { reader } from './reader.js';

const PIECE = 4_000; // characters of plain text in an element, and more until its line is over
const LONGEST = 16_000; // but no more than these

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'input', 'button', 'textarea', 'select', 'video', 'audio', 'picture', 'source', 'dialog'],
  FORBID_ATTR: ['style', 'id', 'name'],
  ALLOW_DATA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
};
const CLASSES = /^(?:latex|language-\S+|hljs-[\w -]+)$/;

DOMPurify.addHook('uponSanitizeAttribute', (_, attribute) => {
  if (attribute.attrName === 'class' && !CLASSES.test(attribute.attrValue)) attribute.keepAttr = false;
});

/** @returns a line of Markdown without its marks */
export async function plain(text) {
  const tamed = tame(text);
  const { blocks } = await reader.read(tamed.replace(/^#+ /, ''), { inline: true });
  return blocks ? DOMPurify.sanitize(blocks[0], CLEAN).textContent : tamed;
}

/** @returns the same, with spaces in piles of accents: browsers take seconds for one of thousands */
export const tame = text => text.replace(/\p{M}{200}/gu, '$& ');

/** @returns text as it is, in pieces that a browser lays out by themselves, and only when they are in sight */
export function piecesOf(text) {
  const pieces = [];
  for (let from = 0; from < text.length;) {
    const piece = text.slice(from, from + LONGEST);
    const line = piece.indexOf('\n', PIECE);
    const isLast = line < 0 && from + piece.length === text.length;
    const end = line >= 0 ? line : isLast ? piece.length : withinLine(piece);
    pieces.push({ text: piece.slice(0, end) });
    from += line >= 0 ? end + 1 : end;
  }
  return pieces;
}

function withinLine(piece) {
  const space = piece.lastIndexOf(' ') + 1;
  if (space > PIECE) return space;
  return /[\uD800-\uDBFF]$/.test(piece) ? piece.length - 1 : piece.length;
}

/** @returns elements for each block of HTML; throws if there is one that can't be told from the next */
function elementsOf(htmls) {
  const frames = DOMPurify.sanitize(htmls.map(html => `<article>${html}</article>`).join(''), CLEAN);
  if (frames.children.length !== htmls.length) throw new RangeError('blocks are lost');
  frames.querySelectorAll('a').forEach(link => {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  });
  frames.querySelectorAll('table').forEach(table => wrap(table, 'wide'));
  frames.querySelectorAll('pre:has(> code)').forEach(asCode);
  return [...frames.children].map(frame => [...frame.childNodes]);
}

function wrap(element, name) {
  const frame = document.createElement('div');
  frame.className = name;
  frame.tabIndex = 0;
  element.replaceWith(frame);
  frame.append(element);
  return frame;
}

function asCode(pre) {
  pre.tabIndex = 0;
  const code = pre.firstElementChild;
  const language = code.className.replace('language-', '');
  code.removeAttribute('class');
  const frame = document.createElement('div');
  frame.className = 'code';
  frame.dataset.language = language;
  const head = document.createElement('div');
  head.className = 'code-head';
  const name = document.createElement('span');
  name.textContent = language;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet copy-code';
  button.textContent = 'Copy code';
  head.append(name, button);
  pre.replaceWith(frame);
  frame.append(head, pre);
}

function asPlain(text) {
  const element = document.createElement('p');
  element.className = 'plain';
  element.textContent = text;
  return [element];
}

const SHOWN = Symbol('the blocks that an element shows');

/** Shows blocks, of `html` or of `text`, in `host`; those that are there stay, with their selection, scroll and focus. */
export function show(host, blocks) {
  const shown = host[SHOWN] ?? [];
  const isShown = (block, index) => shown[index]?.html === block.html && shown[index]?.text === block.text;
  const elements = elementsOf(blocks.filter((block, index) => block.html && !isShown(block, index)).map(block => block.html));
  host[SHOWN] = blocks.map((block, index) => {
    if (isShown(block, index)) return shown[index];
    const nodes = block.html ? elements.shift() : asPlain(block.text);
    if (nodes.length === 0) nodes.push(new Text());
    return { ...block, nodes: put(host, shown[index]?.nodes, nodes) };
  });
  shown.slice(blocks.length).forEach(({ nodes }) => nodes.forEach(node => node.remove()));
}

/** @returns the nodes that are there now */
function put(host, there, nodes) {
  if (!there) host.append(...nodes);
  else if (isCode(there) && isCode(nodes) && there[0].dataset.language === nodes[0].dataset.language) {
    there[0].querySelector('code').replaceChildren(...nodes[0].querySelector('code').childNodes);
    return there;
  } else {
    there[0].before(...nodes);
    there.forEach(node => node.remove());
  }
  return nodes;
}

const isCode = nodes => nodes.length === 1 && nodes[0].className === 'code';

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
