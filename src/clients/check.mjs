// What the client programs share: the address, a list of named checks, and what a failed one prints.
import assert from 'node:assert/strict';

export const baseURL = () => process.env.BASE_URL;
export const apiKey = process.env.API_KEY ?? 'none';
export const model = process.env.MODEL ?? 'gpt-4o-mini';
const named = [];
export const check = (name, run) => named.push({ name, run });

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

export async function checks() {
  let failed = 0;
  for (const { name, run } of named) {
    traffic.length = 0;
    try {
      await run(assert);
      console.log(`ok   ${name}`);
    } catch (error) {
      failed++;
      console.log(
        `FAIL ${name}\n     ${String(error?.message ?? error)
          .split('\n')
          .slice(0, 8)
          .join('\n     ')}`,
      );
      for (const entry of process.env.TRAFFIC ? traffic : traffic.filter((one) => one.status >= 400))
        console.log(`     ${JSON.stringify(entry)}`);
      if (process.env.STACK) console.log(error?.stack);
    }
  }
  console.log(`${named.length - failed} of ${named.length} hold`);
  return failed;
}
