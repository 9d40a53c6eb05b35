// Opens verify.html from disk in Chromium and gives it files, as a person would. The argument names a file:
// {page, chromium, cases: [{bundle, trust, contract, now}]}; standard output: what the page said of each,
// and everything that it should not have done. (A file: reading a pipe at once can fail with EAGAIN.)
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const { page: address, chromium, cases } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox"] });
const complaints = [];
const said = [];

// One opened page for all cases that share trust file, contract file and time: the inputs keep what was chosen.
async function open(now) {
  const page = await browser.newPage();
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (request.url() !== address) complaints.push(`request: ${request.url()}`);
    request.url() === address ? request.continue() : request.abort();
  });
  await page.evaluateOnNewDocument((seconds) => {
    Date.now = () => seconds * 1000;
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
  }, now);
  await page.goto(address);
  return page;
}

async function choose(page, id, ...files) {
  const input = await page.$(`#${id}`);
  await input.uploadFile(...files);
}

// Exit codes in the order of the bundles; a refused trust file answers for all of them.
const exits = (count) => {
  const trust = document.querySelector("#trust-view [data-exit]");
  if (trust) return Array(count).fill(Number(trust.dataset.exit));
  const verdicts = [...document.querySelectorAll("#verdicts [data-exit]")];
  return verdicts.length === count ? verdicts.map((verdict) => Number(verdict.dataset.exit)) : null;
};

const groups = new Map();
for (const given of cases) {
  const key = JSON.stringify([given.trust, given.contract, given.now]);
  if (!groups.has(key)) groups.set(key, []);
  groups.get(key).push(given);
}

for (const group of groups.values()) {
  const [{ trust, contract, now }] = group;
  const page = await open(now);
  if (contract) await choose(page, "contract", contract);
  await choose(page, "bundles", ...group.map(({ bundle }) => bundle));
  await choose(page, "trust", trust);
  const found = await page.waitForFunction(exits, { timeout: 120_000 }, group.length);
  const codes = await found.jsonValue();
  const texts = await page.$$eval("#verdicts article", (articles) => articles.map((article) => article.innerText));
  group.forEach(({ bundle }, n) => said.push({ bundle, trust, exitCode: codes[n], text: texts[n] ?? "" }));
  for (const language of ["en", "da"]) await page.click(`[data-language=${language}]`);
  complaints.push(...(await page.evaluate(() => globalThis.violations)).map((directive) => `policy: ${directive}`));
  await page.close();
}

// Even a page that wanted to could not send anything: the policy forbids it before a request is made.
const complained = [...complaints];
const page = await open(0);
await page.evaluate(() => fetch("https://elsewhere.example/").catch(() => null));
const forbidden = await page.evaluate(() => globalThis.violations);

await browser.close();
process.stdout.write(JSON.stringify({ said, complaints: complained, forbidden }));
