// Runs every client program against a service: node run.mjs [http://127.0.0.1:8080/v1] [name …]
import { readdirSync } from 'node:fs';

const [base = 'http://127.0.0.1:8080/v1', ...wanted] = process.argv.slice(2);
process.env.BASE_URL = base;
const programs = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.client.mjs'))
  .filter((file) => !wanted.length || wanted.some((name) => file.startsWith(name)));
for (const program of programs) await import(`./${program}`);
