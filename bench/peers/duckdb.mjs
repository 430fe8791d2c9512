// DuckDB in a process of its own, driven by JSON lines: {"sql": "..."} in, {"ms": 1.5, "rows": [["text", null]]} or
// {"error": "..."} out. Times are taken here, so that passing rows on does not count.
//
//   node duckdb.mjs FOLDER_WITH_NODE_MODULES DATABASE|:memory: THREADS
import {createRequire} from 'node:module';
import path from 'node:path';
import readline from 'node:readline';

const [folder, database, threads] = process.argv.slice(2);
const {DuckDBInstance} = createRequire(path.resolve(folder, 'package.json'))('@duckdb/node-api');

const instance = await DuckDBInstance.create(database, {threads});
const connection = await instance.connect();
const answer = (value) => process.stdout.write(JSON.stringify(value) + '\n');
const text = (value) => (value === null ? null : String(value));

answer({ready: true});
for await (const line of readline.createInterface({input: process.stdin})) {
  try {
    const {sql} = JSON.parse(line);
    const start = performance.now();
    const reader = await connection.runAndReadAll(sql);
    const ms = performance.now() - start;
    answer({ms, rows: reader.getRows().map((row) => row.map(text))});
  } catch (error) {
    answer({error: String(error)});
  }
}
connection.closeSync();
instance.closeSync();
