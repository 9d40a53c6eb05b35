// Runs the checks of the shipped verifier/page/verify.html over many cases in one process. The argument names a file:
// [{bundle, trust, contract, now}] with paths; standard output: the verdicts in the same order, as JSON.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { runInThisContext } = require("node:vm");

const page = readFileSync(join(__dirname, "../../verifier/page/verify.html"), "utf-8");
const [, checks] = /<script>(.*?)<\/script>/s.exec(page); // the first of the page's scripts, which needs no document
runInThisContext(checks);

const bytes = (path) => (path === null ? null : new Uint8Array(readFileSync(path)));
const plain = (_, value) => (typeof value === "bigint" ? Number(value) : value);

async function main() {
  const verdicts = [];
  for (const { bundle, trust, contract, now } of JSON.parse(readFileSync(process.argv[2], "utf-8"))) {
    const given = { now, contractBytes: bytes(contract) };
    verdicts.push(await globalThis.OutcomeVerifier.verifyBundle(bytes(bundle), bytes(trust), given));
  }
  process.stdout.write(JSON.stringify(verdicts, plain));
}

main();
