// What the client programs share: the address, and checks that show what went over the wire if they fail.
import assert from 'node:assert/strict';
import { test } from 'node:test';

export const baseURL = () => process.env.BASE_URL;
export const apiKey = process.env.API_KEY ?? 'none';
export const model = process.env.MODEL ?? 'gpt-4o-mini';

const traffic = [];
/** A fetch that remembers what went over the wire, so that a failed check can show it. */
export async function recorded(url, init = {}) {
  const entry = {
    request: `${init.method ?? 'GET'} ${new URL(url).pathname}`,
    body: typeof init.body === 'string' ? init.body : undefined,
  };
  traffic.push(entry);
  const response = await fetch(url, init);
  entry.status = response.status;
  if (!response.ok) entry.answer = (await response.clone().text()).slice(0, 2000);
  return response;
}

export function check(name, run, { todo } = {}) {
  return test(name, { todo }, async (context) => {
    traffic.length = 0;
    try {
      await run(assert);
    } catch (error) {
      for (const entry of process.env.TRAFFIC ? traffic : traffic.filter((one) => one.status >= 400))
        context.diagnostic(JSON.stringify(entry));
      throw error;
    }
  });
}
