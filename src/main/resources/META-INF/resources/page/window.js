// The model's window on a chat, as a picture: a bar for each message, in order, as tall as it is long; a frame round what fits.
import { nothing, svg } from 'lit';

const WIDTH = 288;
const HEIGHT = 78;
const FLOOR = 66; // where the bars stand
const TALLEST = 54;
const MOST_SLOTS = 48; // as wide as a bar stays a bar; of what is farther back, a number is enough

const REASONS = {
  window: 'too far back', tokens: 'more text than fits', 'no-reply': 'never answered', pending: 'still being answered',
  deleted: 'erased', summarized: 'told by the summary',
};
const LEFT_BEHIND = new Set(['window', 'tokens', 'summarized']);
const number = new Intl.NumberFormat();

/** @returns the picture, what it says in words, and what its colours mean */
export function pictureOf(context, messages) {
  const known = new Map(messages.map(message => [message.id, message]));
  const seen = context.messages.filter(each => each.messageId)
    .map(({ messageId: id, role, content }) => ({ id, name: role, content, note: role === 'user' ? 'You' : 'Reply' }));
  const left = context.excluded.map(({ messageId: id, reason }) =>
    ({ id, name: reason, content: known.get(id)?.content ?? '', note: `Left out, ${REASONS[reason]}` }));
  const bars = [...seen, ...left].sort((one, other) => (one.id < other.id ? -1 : 1)); // ids sort by creation
  const told = context.messages.filter(each => each.role === 'system');
  const summary = context.summary && told.find(each => each.content.endsWith(context.summary.text));
  const instructions = told.find(each => each !== summary);
  const words = wordsFor(seen.length, bars.length, instructions, summary);
  const legend = legendFor(context, seen, instructions, summary);
  const reasons = legend.filter(each => each.left).map(each => each.text);
  const spoken = `${seen.length} of ${bars.length} are in the window${reasons.length ? `; left out: ${reasons.join(', ')}` : ''}.`;
  return { picture: draw(bars, instructions, summary, context.maxMessages, spoken), words, legend };
}

function wordsFor(seen, all, instructions, summary) {
  if (!all) return instructions ? 'The instructions, and your first message.' : 'Your first message, and nothing else.';
  return `The model would see ${number.format(seen)} of ${number.format(all)} messages${
    [instructions && ', and the instructions', summary && ', and a summary of earlier ones'].filter(Boolean).join('')}.`;
}

function legendFor({ excluded }, seen, instructions, summary) {
  const reasons = Map.groupBy(excluded, each => each.reason);
  return [
    ...instructions ? [{ name: 'system', text: 'instructions' }] : [],
    ...summary ? [{ name: 'summary', text: 'the summary' }] : [],
    ...seen.length ? [{ name: 'user', text: 'yours' }, { name: 'assistant', text: 'replies' }] : [],
    ...[...reasons].map(([reason, all]) => ({ name: reason, text: `${number.format(all.length)} ${REASONS[reason]}`, left: true })),
  ];
}

function draw(bars, instructions, summary, maxMessages, spoken) {
  const first = bars.findLastIndex(each => LEFT_BEHIND.has(each.name)) + 1;
  const before = bars.slice(0, first);
  const within = bars.slice(first);
  const shown = [
    ...instructions ? [{ name: 'system', content: instructions.content, note: 'Instructions' }] : [],
    ...summary ? [{ name: 'summary', content: summary.content, note: 'Summary of earlier messages' }] : [],
    ...within,
  ];
  const room = Math.max(shown.length, Math.min(maxMessages, MOST_SLOTS));
  const nearest = before.slice(-Math.ceil(MOST_SLOTS / 4));
  const farther = before.length - nearest.length;
  const margin = farther ? 34 : 4;
  const gap = nearest.length ? 8 : 0;
  const slot = (WIDTH - margin - gap - 8) / (nearest.length + room);
  const frame = margin + nearest.length * slot + gap;
  return svg`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"><title>${spoken}</title>
    <rect class="frame" x=${frame} y="1" width=${WIDTH - frame - 1} height=${HEIGHT - 2} rx="8"/>
    ${farther ? svg`<text x="2" y=${FLOOR - 1}>+${number.format(farther)}</text>` : nothing}
    ${nearest.map((bar, index) => barOf(bar, margin + index * slot, slot))}
    ${shown.map((bar, index) => barOf(bar, frame + 4 + index * slot, slot))}
    ${Array.from({ length: room - shown.length }, (_, index) =>
      barOf({ name: 'free', content: '', note: 'Room for more' }, frame + 4 + (shown.length + index) * slot, slot))}
  </svg>`;
}

function barOf({ name, content, note }, x, slot) {
  const height = name === 'free' ? 3 : Math.min(TALLEST, 5 + 8 * Math.log2(1 + content.length / 16));
  const width = slot * 0.74;
  return svg`<rect class=${name} x=${x + slot * 0.13} y=${FLOOR - height} width=${width} height=${height} rx=${Math.min(width / 3, 2)}><title>${note}</title></rect>`;
}
