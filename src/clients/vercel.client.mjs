// The Vercel AI SDK: tools over several steps, its own messages sent back, structured output, images.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, Output, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { apiKey, baseURL, check, model, recorded } from './check.mjs';

const openai = createOpenAI({ baseURL: baseURL(), apiKey, fetch: recorded });
const compatible = createOpenAICompatible({
  name: 'konko',
  baseURL: baseURL(),
  apiKey,
  fetch: recorded,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const providers = {
  responses: (id = model) => openai.responses(id),
  chat: (id = model) => openai.chat(id),
  compatible: (id = model) => compatible(id),
};
const weather = () => {
  const asked = [];
  return {
    asked,
    tools: {
      get_weather: tool({
        description: 'The weather in a city',
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => {
          asked.push(city);
          return { city, celsius: 21 };
        },
      }),
    },
  };
};
const stream = async (options) => {
  const failures = [];
  const result = streamText({ ...options, maxRetries: 0, onError: ({ error }) => failures.push(error) });
  const parts = [];
  for await (const part of result.fullStream) parts.push(part);
  if (failures.length) throw failures[0];
  return {
    parts,
    steps: await result.steps,
    text: await result.text,
    messages: (await result.response).messages,
    reason: await result.finishReason,
    usage: await result.totalUsage,
  };
};
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

for (const [name, provider] of Object.entries(providers)) {
  check(`vercel ${name}: streamText with tools over three steps, messages sent back`, async (assert) => {
    const { asked, tools } = weather();
    const first = [{ role: 'user', content: 'Weather in 2 steps please' }];
    const one = await stream({
      model: provider(),
      system: 'Be brief.',
      messages: first,
      tools,
      stopWhen: stepCountIs(5),
    });
    assert.equal(one.steps.length, 3);
    assert.equal(asked.length, 2);
    assert.equal(one.reason, 'stop');
    assert.ok(one.text.length > 0);
    assert.ok(one.usage.totalTokens > 0);
    const two = await stream({
      model: provider(),
      system: 'Be brief.',
      messages: [...first, ...one.messages, { role: 'user', content: 'thanks' }],
      tools,
      stopWhen: stepCountIs(5),
    });
    assert.equal(two.reason, 'stop');
    const three = await stream({
      model: provider(),
      system: 'Be brief.',
      messages: [
        ...first,
        ...one.messages,
        { role: 'user', content: 'thanks' },
        ...two.messages,
        { role: 'user', content: 'Weather again' },
      ],
      tools,
      stopWhen: stepCountIs(5),
    });
    assert.equal(three.steps.length, 2);
  });
  check(`vercel ${name}: two calls at once, with text before them`, async (assert) => {
    const { asked, tools } = weather();
    const one = await stream({ model: provider(), prompt: 'Say before: both cities', tools, stopWhen: stepCountIs(3) });
    assert.deepEqual(asked, ['Berlin', 'Paris']);
    assert.equal(one.steps[0].text, 'Let me look. ');
    assert.equal(one.steps.length, 2);
  });
  check(`vercel ${name}: generateText with a tool choice`, async (assert) => {
    const { tools } = weather();
    const one = await generateText({
      model: provider(),
      prompt: 'Hello',
      tools,
      toolChoice: { type: 'tool', toolName: 'get_weather' },
      maxRetries: 0,
    });
    assert.equal(one.toolCalls[0].toolName, 'get_weather');
    assert.equal(one.finishReason, 'tool-calls');
    const none = await generateText({ model: provider(), prompt: 'Weather', tools, toolChoice: 'none', maxRetries: 0 });
    assert.equal(none.toolCalls.length, 0);
  });
  check(`vercel ${name}: generateObject and output of a schema`, async (assert) => {
    const schema = z.object({ name: z.string(), age: z.number() });
    const { object } = await generateObject({ model: provider(), schema, prompt: 'Somebody', maxRetries: 0 });
    assert.equal(typeof object.age, 'number');
    const { output } = await generateText({
      model: provider(),
      output: Output.object({ schema }),
      prompt: 'Somebody',
      maxRetries: 0,
    });
    assert.equal(typeof output.name, 'string');
  });
  check(`vercel ${name}: an image`, async (assert) => {
    const { text } = await generateText({
      model: provider(),
      maxRetries: 0,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image', image: Buffer.from(pixel, 'base64'), mediaType: 'image/png' },
          ],
        },
      ],
    });
    assert.match(text, /1 image/);
  });
  check(`vercel ${name}: settings`, async (assert) => {
    const { text } = await generateText({
      model: provider(),
      maxRetries: 0,
      prompt: 'Hello',
      temperature: 0.3,
      topP: 0.9,
      maxOutputTokens: 100,
      ...(name === 'responses' ? {} : { seed: 1, stopSequences: ['END'], presencePenalty: 0.1, frequencyPenalty: 0.1 }),
    });
    assert.ok(text);
  });
}
check('vercel responses: a reasoning model, messages sent back', async (assert) => {
  const { tools } = weather();
  const reasoning = providers.responses('gpt-5-mini');
  const first = [{ role: 'user', content: 'think about weather' }];
  const options = {
    model: reasoning,
    system: 'Be brief.',
    tools,
    stopWhen: stepCountIs(4),
    providerOptions: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto' } },
  };
  const one = await stream({ ...options, messages: first });
  assert.equal(one.steps.length, 2);
  const two = await stream({ ...options, messages: [...first, ...one.messages, { role: 'user', content: 'thanks' }] });
  assert.equal(two.reason, 'stop');
});
check('vercel responses: not stored, with encrypted reasoning asked for', async (assert) => {
  const { tools } = weather();
  const options = {
    model: providers.responses('gpt-5-mini'),
    tools,
    stopWhen: stepCountIs(4),
    providerOptions: { openai: { store: false, reasoningEffort: 'low', reasoningSummary: 'auto' } },
  };
  const first = [{ role: 'user', content: 'think about weather' }];
  const one = await stream({ ...options, messages: first });
  assert.equal(one.steps.length, 2);
  const two = await stream({ ...options, messages: [...first, ...one.messages, { role: 'user', content: 'thanks' }] });
  assert.equal(two.reason, 'stop');
});
check('vercel responses: previousResponseId and labels', async (assert) => {
  const options = {
    openai: {
      user: 'u',
      metadata: { a: 'b' },
      parallelToolCalls: false,
      serviceTier: 'auto',
      promptCacheKey: 'k',
      safetyIdentifier: 's',
      maxToolCalls: 3,
      textVerbosity: 'low',
      truncation: 'auto',
      include: ['reasoning.encrypted_content'],
    },
  };
  const one = await generateText({
    model: providers.responses(),
    prompt: 'Hello',
    maxRetries: 0,
    providerOptions: options,
  });
  const id = one.providerMetadata.openai.responseId;
  const two = await generateText({
    model: providers.responses(),
    prompt: 'Hello again',
    maxRetries: 0,
    providerOptions: { openai: { previousResponseId: id } },
  });
  assert.match(two.text, /users: 2/);
});
check('vercel responses: tools in a conversation', async (assert) => {
  const { asked, tools } = weather();
  const made = await recorded(`${baseURL()}/conversations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
  });
  const providerOptions = { openai: { conversation: (await made.json()).id } };
  const options = { model: providers.responses(), tools, stopWhen: stepCountIs(3), providerOptions };
  // Each step sends the user's message and all outputs again, so this model calls again.
  const one = await stream({ ...options, prompt: 'both cities' });
  assert.equal(one.steps.length, 3);
  assert.equal(asked.length, 6);
});
check('vercel responses: tools after a previous response', async (assert) => {
  const { asked, tools } = weather();
  const first = await generateText({ model: providers.responses(), prompt: 'Hello', maxRetries: 0 });
  const providerOptions = { openai: { previousResponseId: first.providerMetadata.openai.responseId } };
  const options = { model: providers.responses(), tools, stopWhen: stepCountIs(4), providerOptions };
  const two = await stream({ ...options, prompt: 'Weather in 2 steps' });
  assert.equal(two.steps.length, 3);
  assert.equal(asked.length, 2);
});
