// LaTeX in Markdown is shown as it was written: else Markdown eats its backslashes, and takes its stars for emphasis.

/** Signs before `end`, which has to be escaped by then: of one paragraph, and none of code. */
const until = (end, { but = '', also = '' } = {}) =>
  String.raw`(?:[^\x60\\\n${but}]|\\(?!${end})[^\x60\n]|\\?\n(?![ \t]*(?:\n|$))${also})+?`;

const ROUND = String.raw`\\\(${until(String.raw`\)`)}\\\)`;
const SQUARE = String.raw`\\\[${until(String.raw`\]`)}\\\](?![(\[])`; // before these it is a link that was escaped
const DOLLARS = String.raw`\$\$(?!\$)${until('\x60', { but: '$', also: String.raw`|\$(?!\$)` })}\$\$(?!\$)`;
const ENVIRONMENT = String.raw`\\begin\{(?<name>[a-zA-Z]+\*?)\}${until('\x60')}\\end\{\k<name>\}`;
const DOLLAR = String.raw`\$(?<single>(?![\s\d$])[^\x60\\\n$]*(?:\\[^\x60\n][^\x60\\\n$]*)*(?<!\s)|\d[^\x60\n$]*[\\^_][^\x60\n$]*(?<!\s))\$(?![\p{L}\p{N}$])`; // no price
const DISPLAYED = `${SQUARE}|${DOLLARS}|${ENVIRONMENT}`;

const INLINE = new RegExp(`^(?:${ROUND}|${DISPLAYED}|${DOLLAR})`, 'u');
const ANYWHERE = new RegExp(String.raw`\\\\|${ROUND}|${DISPLAYED}|${DOLLAR}`, 'gu');
const BLOCK = new RegExp(String.raw`^ {0,3}(?:${DISPLAYED})[ \t]*[.,;:]?[ \t]*(?:\n|$)`, 'u');
const BEGINS = /\\[([]|\\begin\{|\$/;
const BLOCK_BEGINS = /\n {0,3}(?:\\\[|\$\$|\\begin\{)/;

/** What escaped brackets hold without any sign of mathematics: to Markdown they are brackets. */
const PROSE = /^\\(?:\([^\\^_=+*/<>{}|&]*\p{L}{2,}\s+\p{L}{2,}[^\\^_=+*/<>{}|&]*|\[[^\\^_=+*/<>{}|&]*|[([][\\()[\]\s]*)\\[)\]]$/u;

/** @returns where in a paragraph such a block begins */
function blockIn(src) {
  const end = src.indexOf('\n\n'); // no paragraph is longer
  return (end < 0 ? src : src.slice(0, end)).search(BLOCK_BEGINS) + 1 || undefined;
}

/** @returns what teaches it to marked, whose `Tokenizer` that is */
export const latex = (Tokenizer, escape) => ({
  extensions: [{
    name: 'latex',
    level: 'inline',
    start: src => src.search(BEGINS),
    tokenizer(src) {
      const match = INLINE.exec(src);
      return match && !PROSE.test(match[0]) ? { type: 'latex', raw: match[0] } : undefined;
    },
    renderer: ({ raw }) => `<span class="latex">${escape(raw)}</span>`,
  }, {
    name: 'latexBlock',
    level: 'block',
    start: blockIn,
    tokenizer(src) {
      const match = BLOCK.exec(src);
      return match ? { type: 'latexBlock', raw: match[0] } : undefined;
    },
    renderer: ({ raw }) => `<p><span class="latex">${escape(raw.trim())}</span></p>\n`,
  }],
  tokenizer: {
    /** No heading reaches into a block, in which a line may be `=`. */
    lheading(src) {
      const begin = blockIn(src);
      return begin && BLOCK.test(src.slice(begin)) ? Tokenizer.prototype.lheading.call(this, src.slice(0, begin)) : false;
    },
    /** Emphasis does not end within LaTeX. */
    emStrong(src, masked, before) {
      if (!/^[*_]/.test(src) || !BEGINS.test(src)) return false;
      const rest = masked.length - src.length;
      let hidden = masked;
      for (const { 0: raw, index } of src.matchAll(ANYWHERE)) {
        if (raw !== '\\\\' && !PROSE.test(raw)) hidden = hidden.slice(0, rest + index) + 'a'.repeat(raw.length) + hidden.slice(rest + index + raw.length);
      }
      return Tokenizer.prototype.emStrong.call(this, src, hidden, before);
    },
  },
});
