// The openai package: responses, conversations and chat completions with tools, lists sent back as input.
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat, zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { apiKey, baseURL, check, model, recorded } from './check.mjs';

const client = new OpenAI({ baseURL: baseURL(), apiKey, fetch: recorded, maxRetries: 0 });
const city = z.object({ city: z.string() });
const tools = [
  {
    type: 'function',
    name: 'get_weather',
    description: 'The weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const outputs = (response) =>
  response.output
    .filter((item) => item.type === 'function_call')
    .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: '21 degrees' }));
const all = async (page) => {
  const items = [];
  for await (const item of page) items.push(item);
  return items;
};

check('openai responses.stream: a tool, its output, by previous_response_id', async (assert) => {
  const seen = [];
  const stream = client.responses.stream({ model, input: 'Say before: both cities', tools });
  stream.on('event', (event) => seen.push(event));
  const one = await stream.finalResponse();
  const numbers = seen.map((event) => event.sequence_number);
  assert.ok(
    numbers.every((one, index) => index === 0 || one > numbers[index - 1]),
    String(numbers),
  );
  assert.deepEqual(
    one.output.map((item) => item.type),
    ['message', 'function_call', 'function_call'],
  );
  const done = seen.filter((event) => event.type === 'response.function_call_arguments.done');
  assert.deepEqual(
    done.map((event) => event.arguments),
    one.output.slice(1).map((item) => item.arguments),
  );
  for (const call of one.output.slice(1))
    assert.equal(
      seen
        .filter((event) => event.type === 'response.function_call_arguments.delta' && event.item_id === call.id)
        .map((event) => event.delta)
        .join(''),
      call.arguments,
    );
  assert.equal(one.status, 'completed');
  const two = await client.responses.create({ model, previous_response_id: one.id, input: outputs(one), tools });
  assert.match(two.output_text, /21 degrees \| 21 degrees/);
  const told = (item) => [item.id, item.type, item.status, item.arguments ?? item.content.map((part) => part.text)];
  assert.deepEqual((await client.responses.retrieve(one.id)).output.map(told), one.output.map(told));
  const items = await all(client.responses.inputItems.list(two.id, { order: 'asc' }));
  assert.ok(items.filter((item) => item.type === 'function_call_output').length === 2, JSON.stringify(items));
  const rest = [...items, ...two.output, { role: 'user', content: 'thanks' }];
  await assert.rejects(client.responses.create({ model, input: rest }), /No tool call found/);
  assert.ok((await client.responses.create({ model, input: [...one.output, ...rest] })).output_text);
});
check('openai responses: stateless, all output sent back', async (assert) => {
  const input = [{ role: 'user', content: 'both cities' }];
  const one = await client.responses.create({
    model,
    input,
    tools,
    store: false,
    include: ['reasoning.encrypted_content'],
  });
  input.push(...one.output, ...outputs(one));
  const two = await client.responses.create({ model, input, tools, store: false });
  assert.match(two.output_text, /21 degrees/);
  input.push(...two.output, { role: 'user', content: 'thanks' });
  assert.ok((await client.responses.create({ model, input, tools, store: false })).output_text);
});
check('openai responses: missing and unknown outputs are refused', async (assert) => {
  const one = await client.responses.create({ model, input: 'both cities', tools });
  const [first] = outputs(one);
  await assert.rejects(
    client.responses.create({ model, previous_response_id: one.id, input: [first], tools }),
    /No tool output found for function call call_/,
  );
  await assert.rejects(
    client.responses.create({ model, previous_response_id: one.id, input: 'go on', tools }),
    /No tool output found for function call call_/,
  );
  await assert.rejects(
    client.responses.create({
      model,
      previous_response_id: one.id,
      input: [...outputs(one), { type: 'function_call_output', call_id: 'call_x', output: '' }],
      tools,
    }),
    /No tool call found for function call output with call_id call_x/,
  );
  assert.ok(
    (await client.responses.create({ model, previous_response_id: one.id, input: outputs(one), tools })).output_text,
  );
});
check('openai responses.parse: structured output, and a parsed call', async (assert) => {
  const typed = await client.responses.parse({
    model,
    input: 'Hello',
    text: { format: zodTextFormat(z.object({ name: z.string(), age: z.number() }), 'person') },
  });
  assert.equal(typeof typed.output_parsed.age, 'number');
  assert.equal(typed.text.format.type, 'json_schema');
  const called = await client.responses.parse({
    model,
    input: 'Weather',
    tools: [zodResponsesFunction({ name: 'get_weather', parameters: city })],
  });
  assert.equal(typeof called.output[0].parsed_arguments.city, 'string');
});
check('openai responses: reasoning, image, file, system in the middle', async (assert) => {
  const pixel =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
  const one = await client.responses.create({
    model,
    reasoning: { effort: 'low', summary: 'auto' },
    input: 'think hard, hello',
  });
  assert.deepEqual(
    one.output.map((item) => item.type),
    ['reasoning', 'message'],
  );
  assert.ok(Array.isArray(one.output[0].summary));
  const two = await client.responses.create({
    model,
    previous_response_id: one.id,
    input: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What?' },
          { type: 'input_image', image_url: pixel, detail: 'auto' },
        ],
      },
    ],
  });
  assert.match(two.output_text, /image/);
  const [item] = (await all(client.responses.inputItems.list(two.id, { order: 'desc' }))).filter(
    (one) => one.role === 'user',
  );
  assert.deepEqual(
    item.content.map((part) => part.type),
    ['input_text', 'input_image'],
  );
  const three = await client.responses.create({
    model,
    input: [
      ...one.output,
      {
        role: 'user',
        content: [{ type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,aGVsbG8=' }],
      },
    ],
  });
  assert.match(three.output_text, /1 file/);
});
check('openai conversations: items of all types, listed, read, sent back', async (assert) => {
  const conversation = await client.conversations.create({
    items: [{ type: 'message', role: 'user', content: 'Remember cobalt.' }],
  });
  const one = await client.responses.create({ model, conversation: conversation.id, input: 'both cities', tools });
  await assert.rejects(
    client.responses.create({ model, conversation: conversation.id, input: 'go on', tools }),
    /No tool output found/,
  );
  const two = await client.responses.create({ model, conversation: conversation.id, input: outputs(one), tools });
  assert.match(two.output_text, /21 degrees \| 21 degrees/);
  const items = await all(client.conversations.items.list(conversation.id, { order: 'asc', limit: 2 }));
  assert.deepEqual(
    items.map((item) => item.type),
    ['message', 'message', 'function_call', 'function_call', 'function_call_output', 'function_call_output', 'message'],
  );
  for (const item of items)
    assert.deepEqual(await client.conversations.items.retrieve(item.id, { conversation_id: conversation.id }), item);
  const again = await client.responses.create({ model, input: [...items, { role: 'user', content: 'thanks' }] });
  assert.ok(again.output_text);
  const copy = await client.conversations.create({});
  await client.conversations.items.create(copy.id, { items });
  assert.deepEqual(
    (await all(client.conversations.items.list(copy.id, { order: 'asc' }))).map((item) => item.type),
    items.map((item) => item.type),
  );
  assert.ok((await client.responses.create({ model, conversation: copy.id, input: 'thanks' })).output_text);
  await client.conversations.items.delete(items[2].id, { conversation_id: conversation.id });
  const left = await all(client.conversations.items.list(conversation.id, { order: 'asc' }));
  assert.deepEqual(
    left.map((item) => item.id),
    items.filter((item) => item.call_id !== items[2].call_id).map((item) => item.id),
  );
  assert.ok((await client.responses.create({ model, conversation: conversation.id, input: 'thanks' })).output_text);
});
check('openai responses: item references', async (assert) => {
  const one = await client.responses.create({ model, input: 'Hello' });
  const two = await client.responses.create({
    model,
    input: [
      { role: 'user', content: 'Hello' },
      { type: 'item_reference', id: one.output[0].id },
      { role: 'user', content: 'thanks' },
    ],
  });
  assert.match(two.output_text, /users: 2/);
});
check('openai responses: tool choices, limits, labels', async (assert) => {
  const ask = (options) => client.responses.create({ model, input: 'Hello', tools, ...options });
  for (const tool_choice of [
    'auto',
    'none',
    'required',
    { type: 'function', name: 'get_weather' },
    { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'get_weather' }] },
  ]) {
    assert.deepEqual((await ask({ tool_choice })).tool_choice, tool_choice);
  }
  const labelled = await ask({
    max_tool_calls: 3,
    parallel_tool_calls: false,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 0,
    service_tier: 'auto',
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    safety_identifier: 's',
    user: 'u',
    truncation: 'auto',
    text: { format: { type: 'text' }, verbosity: 'low' },
    metadata: { a: 'b' },
    include: ['message.output_text.logprobs'],
  });
  assert.equal(labelled.temperature, 0.5);
  assert.equal(labelled.parallel_tool_calls, false);
  assert.equal(labelled.max_tool_calls, 3);
  assert.equal(labelled.safety_identifier, 's');
  assert.equal(labelled.prompt_cache_key, 'k');
  assert.equal(labelled.text.verbosity, 'low');
  await assert.rejects(
    ask({ tools: [{ type: 'web_search' }] }),
    (error) => error.status === 400 && /web_search/.test(error.message),
  );
});
check('openai responses.stream: resumed after each number', async (assert) => {
  const seen = await all(
    await client.responses.create({
      model,
      input: 'think: say before, both cities',
      tools,
      stream: true,
      background: true,
      store: true,
    }),
  );
  const id = seen[0].response.id;
  /** Events with deltas joined, because how a text is cut may differ. */
  const joined = (events) => {
    const all = [];
    for (const { sequence_number: ignored, delta, ...event } of events) {
      const key = JSON.stringify(event);
      if (delta !== undefined && all.at(-1)?.key === key) all.at(-1).delta += delta;
      else all.push({ key, delta });
    }
    return all;
  };
  for (const [index, { sequence_number: after }] of seen.entries()) {
    const rest = await all(await client.responses.retrieve(id, { stream: true, starting_after: after }));
    assert.deepEqual(joined(rest), joined(seen.slice(index + 1)), `after ${after}`);
  }
});
for (const store of [false, true]) {
  const how = store ? 'stored' : 'not stored';
  const functions = [
    {
      type: 'function',
      function: { name: 'get_weather', description: 'The weather', parameters: tools[0].parameters },
    },
  ];
  check(`openai chat, ${how}: tools, both ways, messages sent back`, async (assert) => {
    for (const stream of [false, true]) {
      const messages = [{ role: 'user', content: 'Say before: both cities' }];
      const ask = async () =>
        stream
          ? await client.chat.completions
              .stream({ model, messages, tools: functions, store, stream_options: { include_usage: true } })
              .finalChatCompletion()
          : client.chat.completions.create({ model, messages, tools: functions, store });
      const one = await ask();
      assert.equal(one.choices[0].finish_reason, 'tool_calls');
      assert.equal(one.choices[0].message.tool_calls.length, 2);
      assert.ok(one.usage.total_tokens > 0);
      messages.push(
        one.choices[0].message,
        ...one.choices[0].message.tool_calls.map(({ id }) => ({
          role: 'tool',
          tool_call_id: id,
          content: '21 degrees',
        })),
      );
      const two = await ask();
      assert.match(two.choices[0].message.content, /21 degrees/);
      messages.push(two.choices[0].message, { role: 'user', content: 'thanks' });
      assert.ok((await ask()).choices[0].message.content);
    }
  });
  check(`openai chat, ${how}: runTools and structured output`, async (assert) => {
    const runner = client.chat.completions.runTools({
      model,
      store,
      messages: [{ role: 'user', content: 'both cities' }],
      tools: [zodFunction({ name: 'get_weather', parameters: city, function: ({ city }) => `21 in ${city}` })],
    });
    assert.match(await runner.finalContent(), /21 in Berlin \| 21 in Paris/);
    const typed = await client.chat.completions.parse({
      model,
      store,
      messages: [{ role: 'user', content: 'Hello' }],
      response_format: zodResponseFormat(z.object({ name: z.string(), age: z.number() }), 'person'),
    });
    assert.equal(typeof typed.choices[0].message.parsed.age, 'number');
  });
  check(`openai chat, ${how}: image, reasoning, settings`, async (assert) => {
    const one = await client.chat.completions.create({
      model,
      store,
      seed: 1,
      temperature: 0.1,
      reasoning_effort: 'low',
      max_completion_tokens: 100,
      user: 'u',
      messages: [
        { role: 'developer', content: 'Brief.' },
        {
          role: 'user',
          name: 'anna',
          content: [
            { type: 'text', text: 'think' },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
          ],
        },
      ],
    });
    assert.match(one.choices[0].message.content, /image/);
    assert.ok(one.choices[0].message.reasoning_content);
    const two = await client.chat.completions.create({
      model,
      store,
      messages: [
        { role: 'user', content: 'Hello' },
        { ...one.choices[0].message, annotations: [], audio: null, function_call: null, tool_calls: undefined },
        { role: 'user', content: 'thanks' },
      ],
    });
    assert.ok(two.choices[0].message.content);
  });
}
check('openai chat, stored: read, listed, updated, its messages, deleted', async (assert) => {
  const made = await client.chat.completions.create({
    model,
    store: true,
    metadata: { kind: 'kept' },
    messages: [{ role: 'user', content: 'Hello' }],
  });
  assert.deepEqual(
    (await client.chat.completions.retrieve(made.id)).choices[0].message.content,
    made.choices[0].message.content,
  );
  assert.ok(
    (await all(client.chat.completions.list({ metadata: { kind: 'kept' } }))).some((one) => one.id === made.id),
  );
  assert.equal((await client.chat.completions.update(made.id, { metadata: { kind: 'other' } })).metadata.kind, 'other');
  const messages = await all(client.chat.completions.messages.list(made.id));
  assert.equal(messages[0].content, 'Hello');
  assert.equal((await client.chat.completions.delete(made.id)).deleted, true);
});
check('openai chat, not stored: n, logprobs, unknown parameters passed on', async (assert) => {
  const two = await client.chat.completions.create({
    model,
    n: 2,
    logprobs: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  assert.equal(two.choices.length, 2);
  await assert.rejects(
    client.chat.completions.create({ model, top_k: 3, messages: [{ role: 'user', content: 'Hello' }] }),
    (error) => error.status === 400 && /top_k/.test(error.message),
  );
});
check('openai embeddings and models', async (assert) => {
  const models = await all(client.models.list());
  assert.ok(models.some((one) => one.id === 'gpt-5-mini'));
  const made = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] });
  assert.equal(made.data.length, 2);
});
