// A strict fake of OpenAI's chat completions: it refuses what OpenAI refuses, and writes each refusal to a file. It calls the first tool when
// the user asks for something ("both": twice, "2 steps": two rounds, "think": with reasoning), and answers in words after tools' outputs.
import fs from 'node:fs';
import http from 'node:http';
import { Refusal, check, isObject } from './rules.mjs';

const PORT = +(process.env.PORT || 18080);
const REFUSALS = process.env.REFUSALS || 'refusals.jsonl';
const REQUESTS = process.env.REQUESTS;
const DELAY = +(process.env.DELAY || 0);
const textOf = (m) =>
  typeof m.content === 'string'
    ? m.content
    : (m.content ?? [])
        .filter((p) => p.type === 'text')
        .map((p) => p.text)
        .join(' ');
function sample(s, name = 'x', text = '') {
  if (!isObject(s)) return 'x';
  if (s.const !== undefined) return s.const;
  if (s.enum) return s.enum[0];
  if (s.anyOf) return sample(s.anyOf[0], name, text);
  const t = Array.isArray(s.type) ? s.type[0] : s.type;
  if (t === 'object' || s.properties)
    return Object.fromEntries(Object.entries(s.properties ?? {}).map(([k, v]) => [k, sample(v, k, text)]));
  if (t === 'array') return [sample(s.items ?? {}, name, text), sample(s.items ?? {}, name, text)];
  if (t === 'number') return 21.5;
  if (t === 'integer') return 7;
  if (t === 'boolean') return true;
  if (t === 'null') return null;
  return /city|location|place/.test(name) ? 'San Francisco, CA' : `a ${name}`;
}
let counter = 0;
const callId = () => 'call_' + (Date.now().toString(36) + (++counter).toString(36)).padStart(24, '0').slice(-24);
function answer(b) {
  const last = b.messages.at(-1);
  const text =
    b.messages
      .filter((m) => m.role === 'user')
      .map(textOf)
      .at(-1) ?? '';
  const toolRounds = () => {
    let n = 0;
    for (let i = b.messages.length - 1; i >= 0 && b.messages[i].role !== 'user'; i--) if (b.messages[i].tool_calls) n++;
    return n;
  };
  const out = {
    reasoning: /\bthink\b/i.test(text) ? `I think about it: ${text.length} characters.` : '',
    text: '',
    calls: [],
  };
  const choice = b.tool_choice ?? 'auto';
  const names = (b.tools ?? []).map((t) => t.function.name);
  const call = (name, city) => {
    const t = b.tools.find((x) => x.function.name === name);
    const args = sample(t.function.parameters ?? {}, name, text);
    if (city)
      for (const k of Object.keys(args))
        if (typeof args[k] === 'string' && /city|location|place/.test(k)) args[k] = city;
    out.calls.push({ id: callId(), type: 'function', function: { name, arguments: JSON.stringify(args) } });
  };
  const forced = choice?.type === 'function' ? choice.function.name : null;
  const steps = +(/(\d) steps/.exec(text)?.[1] ?? 1);
  const wantTools =
    names.length &&
    choice !== 'none' &&
    !/^(hello|hi|thanks|what did|no tools)/i.test(text) &&
    (last.role === 'user' || (last.role === 'tool' && toolRounds() < steps));
  if (wantTools || (forced && last.role === 'user')) {
    let name = forced ?? (choice?.type === 'allowed_tools' ? choice.allowed_tools.tools[0].function.name : names[0]);
    for (const n of names) if (!forced && new RegExp(`\\b${n}\\b`).test(text)) name = n;
    if (/say before/i.test(text)) out.text = 'Let me look. ';
    if (/\bboth\b/i.test(text) && b.parallel_tool_calls !== false) {
      call(name, 'Berlin');
      call(names[1] && /two tools/.test(text) ? names[1] : name, 'Paris');
    } else call(name, null);
    return out;
  }
  if (b.response_format?.type === 'json_schema') {
    out.text = JSON.stringify(sample(b.response_format.json_schema.schema ?? {}, 'x', text));
    return out;
  }
  if (b.response_format?.type === 'json_object') {
    out.text = '{"answer":"json","n":4}';
    return out;
  }
  const parts = b.messages.flatMap((m) => (Array.isArray(m.content) ? m.content : []));
  const images = parts.filter((p) => p.type === 'image_url').length,
    files = parts.filter((p) => p.type === 'file').length;
  if (last.role === 'tool') {
    const outs = [];
    for (let i = b.messages.length - 1; b.messages[i].role === 'tool'; i--) outs.unshift(textOf(b.messages[i]));
    out.text = `The tools said: ${outs.join(' | ')}`;
  } else if (images) out.text = `I see ${images} image(s): a red heart on white.`;
  else if (files) out.text = `I read ${files} file(s): OpenResponses File Input Fixture.`;
  else
    out.text = `You said: ${text.slice(0, 200)} (message ${b.messages.length}; users: ${b.messages.filter((m) => m.role === 'user').length})`;
  return out;
}
const send = (res, status, o) => {
  const t = JSON.stringify(o);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(t) });
  res.end(t);
};
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const server = http.createServer(async (req, res) => {
  let raw = '';
  for await (const c of req) raw += c;
  const path = req.url.split('?')[0];
  if (req.method === 'GET' && path === '/v1/models')
    return send(res, 200, {
      object: 'list',
      data: ['gpt-5-mini', 'gpt-4o-mini', 'text-embedding-3-small'].map((id) => ({
        id,
        object: 'model',
        created: 1700000000,
        owned_by: 'fake',
      })),
    });
  if (req.method === 'POST' && path === '/v1/embeddings') {
    const b = JSON.parse(raw);
    const inputs = [b.input].flat();
    return send(res, 200, {
      object: 'list',
      model: b.model,
      data: inputs.map((_, index) => ({
        object: 'embedding',
        index,
        embedding:
          b.encoding_format === 'base64'
            ? Buffer.from(new Float32Array([0.1, 0.2, 0.3]).buffer).toString('base64')
            : [0.1, 0.2, 0.3],
      })),
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
  }
  if (req.method === 'POST' && path === '/v1/completions')
    return send(res, 200, {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1,
      model: 'x',
      choices: [{ index: 0, text: 'done', finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    });
  if (req.method === 'POST' && path === '/v1/moderations')
    return send(res, 200, {
      id: 'modr-1',
      model: 'm',
      results: [{ flagged: false, categories: {}, category_scores: {} }],
    });
  if (req.method !== 'POST' || path !== '/v1/chat/completions')
    return send(res, 404, {
      error: { message: `Invalid URL (${req.method} ${path})`, type: 'invalid_request_error', param: null, code: null },
    });
  let b;
  try {
    b = JSON.parse(raw);
  } catch {
    b = null;
  }
  try {
    if (REQUESTS) fs.appendFileSync(REQUESTS, JSON.stringify(b) + '\n');
    check(b);
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    fs.appendFileSync(
      REFUSALS,
      JSON.stringify({ at: new Date().toISOString(), message: e.message, param: e.param, body: b }) + '\n',
    );
    return send(res, 400, {
      error: { message: e.message, type: 'invalid_request_error', param: e.param, code: e.code },
    });
  }
  const a = answer(b);
  const id = 'chatcmpl-' + (++counter).toString(36).padStart(8, '0'),
    created = Math.floor(Date.now() / 1000);
  const usage = {
    prompt_tokens: 20,
    completion_tokens: 10,
    total_tokens: 30,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: a.reasoning ? 3 : 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
  const finish = a.calls.length ? 'tool_calls' : 'stop';
  if (DELAY) await sleep(DELAY);
  if (!b.stream) {
    const message = { role: 'assistant', content: a.text || null, refusal: null, annotations: [] };
    if (a.calls.length) message.tool_calls = a.calls;
    if (a.reasoning) message.reasoning_content = a.reasoning;
    return send(res, 200, {
      id,
      object: 'chat.completion',
      created,
      model: b.model,
      choices: Array.from({ length: b.n ?? 1 }, (_, index) => ({
        index,
        message,
        logprobs: null,
        finish_reason: finish,
      })),
      usage,
      service_tier: 'default',
      system_fingerprint: 'fp_fake',
    });
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const withUsage = b.stream_options?.include_usage;
  const chunk = (delta, finish_reason = null) =>
    res.write(
      'data: ' +
        JSON.stringify({
          id,
          object: 'chat.completion.chunk',
          created,
          model: b.model,
          service_tier: 'default',
          system_fingerprint: 'fp_fake',
          choices: [{ index: 0, delta, logprobs: null, finish_reason }],
          ...(withUsage ? { usage: null } : {}),
        }) +
        '\n\n',
    );
  chunk({ role: 'assistant', content: a.calls.length && !a.text ? null : '', refusal: null });
  const pieces = (t, n) => t.match(new RegExp(`[\\s\\S]{1,${n}}`, 'g')) ?? [];
  for (const p of pieces(a.reasoning, 12)) {
    chunk({ reasoning_content: p });
    await sleep(1);
  }
  for (const p of pieces(a.text, 9)) {
    chunk({ content: p });
    await sleep(1);
  }
  for (const [index, c] of a.calls.entries()) {
    chunk({ tool_calls: [{ index, id: c.id, type: 'function', function: { name: c.function.name, arguments: '' } }] });
    for (const p of pieces(c.function.arguments, 7)) {
      chunk({ tool_calls: [{ index, function: { arguments: p } }] });
      await sleep(1);
    }
  }
  chunk({}, finish);
  if (withUsage)
    res.write(
      'data: ' +
        JSON.stringify({
          id,
          object: 'chat.completion.chunk',
          created,
          model: b.model,
          service_tier: 'default',
          choices: [],
          usage,
        }) +
        '\n\n',
    );
  res.end('data: [DONE]\n\n');
});
server.listen(PORT, '127.0.0.1', () => console.log('provider on ' + PORT));
