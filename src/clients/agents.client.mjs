// OpenAI's agents SDK: a tool, a handoff, and a session kept in a conversation.
import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIConversationsSession,
  OpenAIResponsesModel,
  Runner,
  setTracingDisabled,
  tool,
} from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { apiKey, baseURL, check, model, recorded } from './check.mjs';

setTracingDisabled(true);
const client = new OpenAI({ baseURL: baseURL(), apiKey, fetch: recorded, maxRetries: 0 });
const models = {
  responses: () => new OpenAIResponsesModel(client, model),
  chat: () => new OpenAIChatCompletionsModel(client, model),
};
const agents = (kind) => {
  const asked = [];
  const weather = tool({
    name: 'get_weather',
    description: 'The weather in a city',
    parameters: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      asked.push(city);
      return `21 degrees in ${city}`;
    },
  });
  const forecaster = new Agent({
    name: 'Forecaster',
    instructions: 'Tell the weather.',
    tools: [weather],
    model: models[kind](),
  });
  const desk = new Agent({ name: 'Desk', instructions: 'Hand off.', handoffs: [forecaster], model: models[kind]() });
  return { asked, forecaster, desk };
};
for (const kind of ['responses', 'chat']) {
  for (const stream of [false, true]) {
    const how = `${kind}${stream ? ', streamed' : ''}`;
    const run = async (agent, input, options = {}) => {
      const result = await new Runner().run(agent, input, { ...options, stream });
      if (stream) {
        for await (const ignored of result);
        await result.completed;
        if (result.error) throw result.error;
      }
      return result;
    };
    check(`agents ${how}: a tool, and the history sent back`, async (assert) => {
      const { asked, forecaster } = agents(kind);
      const one = await run(forecaster, 'Weather?');
      assert.equal(asked.length, 1);
      assert.match(one.finalOutput, /21 degrees/);
      const two = await run(forecaster, [...one.history, { role: 'user', content: 'And both Berlin and Paris?' }]);
      assert.equal(asked.length, 3);
      assert.match(two.finalOutput, /\|/);
    });
    check(`agents ${how}: a handoff`, async (assert) => {
      const { asked, desk } = agents(kind);
      const result = await run(desk, 'Weather in 2 steps');
      assert.equal(result.lastAgent.name, 'Forecaster');
      assert.equal(asked.length, 1);
    });
    check(`agents ${how}: structured output`, async (assert) => {
      const agent = new Agent({
        name: 'Typed',
        instructions: 'Answer.',
        model: models[kind](),
        outputType: z.object({ city: z.string(), degrees: z.number() }),
      });
      assert.equal(typeof (await run(agent, 'Hello')).finalOutput.degrees, 'number');
    });
    if (kind === 'chat') continue;
    check(`agents ${how}: a session in a conversation`, async (assert) => {
      const { asked, desk, forecaster } = agents(kind);
      const session = new OpenAIConversationsSession({ client });
      await run(forecaster, 'Weather?', { session });
      const kept = await session.getItems();
      assert.deepEqual(
        kept.map((item) => item.type),
        ['message', 'function_call', 'function_call_result', 'message'],
      );
      await run(forecaster, 'thanks', { session });
      await run(forecaster, 'both cities', { session });
      assert.equal(asked.length, 3);
      await run(desk, 'Weather in 2 steps', { session });
      const all = await session.getItems();
      assert.equal(all.at(-1).role, 'assistant');
      assert.deepEqual(
        (await session.getItems(2)).map((item) => item.type),
        all.slice(-2).map((item) => item.type),
      );
      const last = await session.popItem();
      assert.equal(last.role, 'assistant');
      assert.deepEqual(
        (await session.getItems()).map((item) => item.id),
        all.slice(0, -1).map((item) => item.id),
      );
      while ((await session.getItems(1))[0]?.type !== 'function_call_result') await session.popItem();
      const before = await session.getItems();
      const output = await session.popItem();
      const left = await session.getItems();
      assert.ok(before.some((item) => item.type === 'function_call' && item.callId === output.callId));
      assert.ok(!left.some((item) => item.callId === output.callId));
      assert.equal(left.length, before.length - 2);
      await run(forecaster, 'thanks', { session });
      assert.equal((await session.getItems(1))[0].role, 'assistant');
      await session.clearSession();
    });
    check(`agents ${how}: a conversation's id, and previousResponseId`, async (assert) => {
      const { asked, forecaster } = agents(kind);
      const { id } = await client.conversations.create();
      await run(forecaster, 'Weather?', { conversationId: id });
      await run(forecaster, 'both cities', { conversationId: id });
      assert.equal(asked.length, 3);
      const one = await run(forecaster, 'Weather?');
      await run(forecaster, 'both cities', { previousResponseId: one.lastResponseId });
      assert.equal(asked.length, 6);
    });
  }
}
