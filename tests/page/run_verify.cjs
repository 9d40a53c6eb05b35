// Runs verifier/page/verify.js over many cases in one process. Standard input: [{bundle, trust, contract, now}] with
// paths; standard output: the verdicts in the same order, as JSON.
"use strict";

const { readFileSync } = require("node:fs");
require("../../verifier/page/verify.js");

const bytes = (path) => (path === null ? null : new Uint8Array(readFileSync(path)));
const plain = (_, value) => (typeof value === "bigint" ? Number(value) : value);

async function main() {
  const verdicts = [];
  for (const { bundle, trust, contract, now } of JSON.parse(readFileSync(0, "utf-8"))) {
    const given = { now, contractBytes: bytes(contract) };
    verdicts.push(await globalThis.OutcomeVerifier.verifyBundle(bytes(bundle), bytes(trust), given));
  }
  process.stdout.write(JSON.stringify(verdicts, plain));
}

main();
