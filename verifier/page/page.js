// The page around the checks: it takes files, shows verdicts, and decides nothing itself. Data enters the document as
// text only.
"use strict";

(() => {
  const state = {
    language: "da",
    trust: null, // each file: {name, bytes}
    bundles: [],
    contract: null,
    described: null, // what the checks say of the trust file
    verdicts: [], // {name, verdict}
    checkedAt: null,
    isWorking: false,
    unreadable: null,
  };

  // ── Words, numbers and times ─────────────────────────────────────────────────────────────────────────────────────

  const words = () => WORDS[state.language];
  const byId = (id) => document.getElementById(id);
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  const named = (table, name) => (Object.hasOwn(table, name) ? table[name] : name);
  const reasonText = (reason) => (state.language === "da" ? named(REASONS_DA, reason) : reason);

  function integer(value) {
    return new Intl.NumberFormat(words().locale).format(value);
  }

  function signed(value) {
    return new Intl.NumberFormat(words().locale, { signDisplay: "exceptZero" }).format(value);
  }

  // Minor units with the decimals of their currency, exactly: the number goes to the formatter as decimal digits. Of a
  // currency that ISO 4217 does not list, nobody knows what a minor unit is.
  function money(minor, currency, signDisplay = "auto") {
    const isKnown = Object.hasOwn(MINOR_DIGITS, currency);
    const places = isKnown ? MINOR_DIGITS[currency] : 0;
    const digits = String(Math.abs(minor)).padStart(places + 1, "0");
    const end = digits.length - places;
    const amount = `${minor < 0 ? "-" : ""}${digits.slice(0, end)}${places ? "." : ""}${digits.slice(end)}`;
    const style = { minimumFractionDigits: places, maximumFractionDigits: places, signDisplay };
    const unit = isKnown ? currency : `${words().minorUnits} ${currency}`;
    return `${new Intl.NumberFormat(words().locale, style).format(amount)} ${unit}`.trim();
  }

  function moment(seconds) {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) return `${seconds} s`;
    const style = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" };
    return `${new Intl.DateTimeFormat(words().locale, style).format(date)} UTC`;
  }

  const grouped = (digest) => digest.match(/.{4}/g);

  // ── Elements ─────────────────────────────────────────────────────────────────────────────────────────────────────

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children.flat().filter((child) => child !== null));
    return node;
  }

  const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  function definitions(rows) {
    return el("dl", {}, rows.map(([term, text]) => el("div", {}, el("dt", {}, term), el("dd", {}, text))));
  }

  function table(caption, head, rows) {
    const cells = (row) => row.map((text, n) => (n === 0 ? el("th", { scope: "row" }, text) : el("td", {}, text)));
    return el(
      "table",
      {},
      el("caption", {}, caption),
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows.map(({ row, kind }) => el("tr", kind ? { class: kind } : {}, cells(row)))),
    );
  }

  // ── The trust file ───────────────────────────────────────────────────────────────────────────────────────────────

  function trustView({ trust, reason, exitCode }) {
    const text = words();
    if (!trust) {
      const cannot = exitCode === 1;
      return el(
        "div",
        { class: "mark refused", role: "alert", "data-exit": exitCode },
        el("h2", {}, cannot ? text.cannotCheck : text.trustRefused),
        el("p", {}, `${text.reason}: ${reasonText(reason)}.`),
        el("p", {}, cannot ? text.cannotCheckAdvice : text.trustAdvice),
      );
    }
    const about = { issuer: trust.issuer, version: integer(trust.version), date: moment(trust.issuedAt) };
    return el(
      "div",
      { class: "trust" },
      el("h2", {}, text.fingerprintTitle),
      el("p", { class: "fingerprint" }, grouped(trust.fingerprint).map((group) => el("span", {}, `${group} `))),
      el("p", {}, text.fingerprintAdvice),
      el("p", { class: "hint" }, filled(text.trustAbout, about)),
    );
  }

  // ── A verdict ────────────────────────────────────────────────────────────────────────────────────────────────────

  const deviating = ({ audited }) => (audited ?? []).filter(({ verdict }) => verdict === "deviations");

  function kindOfVerdict(verdict) {
    if (verdict.verified) return deviating(verdict).length > 0 ? "deviating" : "verified";
    return verdict.supersededBy ? "superseded" : "refused";
  }

  const wordsOfVerdicts = () => ({
    verified: words().verdictVerified,
    deviating: words().verdictDeviating,
    superseded: words().verdictSuperseded,
    refused: words().verdictRefused,
  });

  // Where there are several: each file's answer, with a link to its verdict.
  function overviewView() {
    const word = wordsOfVerdicts();
    const items = state.verdicts.map(({ name, verdict }, n) => {
      const kind = kindOfVerdict(verdict);
      return el("li", { class: kind }, el("strong", {}, word[kind]), " ", el("a", { href: `#verdict-${n}` }, name));
    });
    return items.length > 1 ? [el("ul", { class: "overview" }, items)] : [];
  }

  function verdictView({ name, verdict }, n) {
    const kind = kindOfVerdict(verdict);
    const isGenuine = kind !== "refused";
    return el(
      "article",
      { id: `verdict-${n}`, class: `verdict ${kind}`, "data-exit": verdict.exitCode, "data-file": name },
      banner(kind, name, verdict),
      isGenuine ? marks(verdict) : null,
      verdict.verified ? null : refusalView(verdict),
      isGenuine ? aboutView(verdict) : null,
      verdict.verified ? figuresView(verdict) : null,
      verdict.verified ? endorsedView(verdict) : null,
      checksView(verdict),
      verdict.verified ? notCheckedView(verdict) : null,
      isGenuine ? technicalView(name, verdict) : null,
    );
  }

  function banner(kind, name, { step, claims }) {
    const text = words();
    const sentence = {
      verified: text.verdictVerifiedText,
      deviating: text.verdictDeviatingText,
      superseded: text.verdictSupersededText,
      refused: filled(text.verdictRefusedText, { step, title: text.checks[step]?.title }),
    }[kind];
    const subject = { contract: claims?.contract.id, window: claims?.window.label };
    const title = kind === "refused" ? name : filled(text.heading, subject);
    return el(
      "header",
      { class: "banner" },
      el("p", { class: "eyebrow" }, kind === "refused" ? "" : text.templates[claims.template]),
      el("h3", {}, title),
      el(
        "p",
        { class: "word" },
        el("span", { class: "sign", "aria-hidden": "true" }, { verified: "✓", deviating: "!", superseded: "↷", refused: "✕" }[kind]),
        el("strong", {}, wordsOfVerdicts()[kind]),
      ),
      el("p", {}, sentence),
    );
  }

  function demoMark() {
    return el("div", { class: "mark demo" }, el("h4", {}, words().demoTitle), el("p", {}, words().demoText));
  }

  // A genuine countersignature that does not agree refuses nothing, and must not be overlooked.
  function deviationMarks(verdict) {
    const text = words();
    return deviating(verdict).map(({ auditor, size, population, draw }) => {
      const about = { auditor, size: integer(size), population: integer(population), draw: integer(draw) };
      return el(
        "div",
        { class: "mark deviations" },
        el("h4", {}, text.deviationsTitle),
        el("p", {}, filled(text.deviationsText, about)),
      );
    });
  }

  function marks(verdict) {
    const text = words();
    const { claims, shown } = verdict;
    const names = (shown.illustrative ?? []).map((name) => el("li", {}, el("code", {}, name)));
    const illustrative = el(
      "div",
      { class: "mark illustrative" },
      el("h4", {}, text.illustrativeTitle),
      el("p", {}, text.illustrativeText),
      el("ul", {}, names),
    );
    return [...deviationMarks(verdict), claims.demo ? demoMark() : null, names.length > 0 ? illustrative : null];
  }

  // A key that is younger than the reader's trust file looks like one that is nobody's: both causes are said.
  function refusalView({ step, reason, supersededBy, shown, mayNeedNewerTrust, trust }) {
    const text = words();
    if (supersededBy) return successorView(supersededBy, shown.payable?.currency ?? "");
    const { advice } = text.checks[step];
    const older = () => filled(text.olderTrust, { version: integer(trust.version), date: moment(trust.issuedAt) });
    return definitions([
      [text.reason, `${capital(reasonText(reason))}.`],
      [text.advice, mayNeedNewerTrust ? `${older()} ${advice}` : advice],
    ]);
  }

  function successorView({ jti, seq, issuedAt, difference }, currency) {
    const text = words();
    const rows = differenceRows(difference, currency);
    return el(
      "div",
      { class: "block" },
      el("h4", {}, text.successorTitle),
      el("p", {}, filled(text.successorNumber, { seq: integer(seq), date: moment(issuedAt) })),
      el("p", { class: "hint" }, el("code", {}, jti)),
      el("h4", {}, text.differenceTitle),
      rows.length > 0 ? definitions(rows) : el("p", {}, text.noDifference),
      definitions([[text.advice, text.checks[8].advice]]),
    );
  }

  function aboutView({ claims, status }) {
    const text = words();
    const { organisation, role } = claims.recipient;
    const to = { organisation, role: named(text.roles, role), seq: integer(claims.seq) };
    const rows = [
      [text.from, `${claims.municipality.name} (${claims.municipality.code})`],
      [text.to, filled(text.toNumber, to)],
      [text.period, filled(text.periodWeeks, { from: claims.window.from_week, to: claims.window.to_week })],
      [text.issued, moment(claims.iat)],
    ];
    if (status) rows.push([text.statusAsOf, moment(status.asOf)]);
    return el("div", { class: "block" }, el("h4", {}, text.about), definitions(rows));
  }

  // ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

  function figuresView({ claims, shown, accepted }) {
    const text = words();
    const rows = [...peopleRows(shown), ...moneyRows(claims, shown), ...sourceRows(shown)];
    if (rows.length === 0) return el("p", { class: "block" }, text.noFigures);
    const figures = table(text.figuresTitle, [text.figure, text.value, text.when], rows);
    return el("div", { class: "block" }, figures, payerView(claims, shown, accepted), differenceView(shown));
  }

  function peopleRows(shown) {
    const text = words();
    const rows = [];
    if ("participants" in shown) rows.push({ row: [text.participants, integer(shown.participants), text.cohort] });
    if ("mistaken" in shown) rows.push({ row: [text.mistaken, integer(shown.mistaken), text.notInDenominator] });
    if ("outcomes_achieved" in shown) {
      rows.push({ row: [text.outcomes, integer(shown.outcomes_achieved), text.outcomesWhen], kind: "main" });
    }
    for (const [name, label] of [["outcomes_reached", text.reached], ["points_reached", text.points], ["days_reached", text.days]]) {
      if (!(name in shown)) continue;
      rows.push({ row: [label, shown[name] === null ? text.classWithheld : integer(shown[name]), text.sinceEnrolment], kind: "main" });
    }
    for (const { class: name, value } of shown.outcomes_by_class ?? []) {
      const count = value === null ? text.classWithheld : integer(value);
      rows.push({ row: [name.replaceAll("_", " "), count, text.atEnd], kind: "part" });
    }
    for (const { reason, value } of shown.not_counted ?? []) {
      const count = value === null ? text.classWithheld : integer(value);
      rows.push({ row: [filled(text.notCounted, { reason: text.reasons[reason] ?? reason }), count, text.atEnd], kind: "part" });
    }
    if ("threshold" in shown) {
      const { people, met } = shown.threshold;
      const verdict = met ? text.met : text.notMet;
      const value = people === undefined ? verdict : filled(text.thresholdPeople, { people: integer(people), met: verdict });
      rows.push({ row: [text.threshold, value, text.atEnd], kind: "main" });
    }
    if ("qualifying_weeks" in shown) rows.push({ row: [text.weeks, integer(shown.qualifying_weeks), text.inWindow] });
    return rows;
  }

  function moneyRows(claims, shown) {
    const text = words();
    const currency = shown.payable?.currency ?? "";
    const rows = (shown.lines ?? []).map(({ tariff, kind, unit, quantity, amount_minor }) => {
      const amount = money(amount_minor, currency);
      const isAmount = unit === "minor";
      const number = isAmount ? money(quantity, currency) : integer(quantity);
      const line = isAmount ? text.lineOfAmount : text.line;
      const value = filled(line, { quantity: number, unit: named(text.units, unit), amount });
      return { row: [tariff.replaceAll("_", " "), value, named(text.kinds, kind)], kind: "part" };
    });
    if (!shown.payable) return rows;
    const main = { row: [text.payable, money(shown.payable.amount_minor, currency), text.payableWhen], kind: "main" };
    const parts = (shown.payers ?? []).map(({ organisation, amount_minor }) => {
      return { row: [filled(text.ofWhich, { organisation }), money(amount_minor, currency), ""], kind: "part" };
    });
    return [...rows, main, ...parts];
  }

  function sourceRows({ sources }) {
    const text = words();
    if (!sources) return [];
    return [{ row: [text.sources, sources.complete_to_week, filled(text.sourcesWhen, { date: moment(sources.known_at) })] }];
  }

  // The payers are the debtors and the operator the creditor, whoever the attestation is for.
  function payerView({ municipality, operator, recipient }, { payable }, accepted) {
    const text = words();
    if (!payable) return null;
    const isBack = payable.amount_minor < 0;
    const further = accepted.filter(({ role, isIssuer }) => role === "outcome_payer" && !isIssuer);
    const others = further.map(({ organisation }) => organisation).join(", ");
    const payers = others ? filled(text.severalPayers, { municipality: municipality.name, others }) : municipality.name;
    const deliversItself = operator.name === municipality.name;
    const creditor = deliversItself ? text.lenders : operator.name;
    const [payer, payee] = isBack ? [creditor, payers] : [payers, creditor];
    const about = { organisation: recipient.organisation, role: named(text.roles, recipient.role) };
    return el(
      "div",
      {},
      definitions([[isBack ? text.payerBack : text.payer, payer], [text.payee, payee]]),
      recipient.role === "operator" || deliversItself ? null : el("p", { class: "hint" }, filled(text.shownOnly, about)),
    );
  }

  function differenceView({ difference, payable }) {
    const rows = differenceRows(difference ?? {}, payable?.currency ?? "");
    if (rows.length === 0) return null;
    return el("div", {}, el("h4", {}, words().differenceTitle), definitions(rows));
  }

  function differenceRows(difference, currency) {
    const text = words();
    const value = {
      outcomes_achieved: signed,
      outcomes_reached: signed,
      points_reached: signed,
      days_reached: signed,
      qualifying_weeks: signed,
      amount_minor: (minor) => money(minor, currency, "exceptZero"),
      threshold_met: (change) => text.metChanges[change],
    };
    const names = Object.keys(value).filter((name) => name in difference);
    return names.map((name) => [capital(text.difference[name]), value[name](difference[name])]);
  }

  // ── Who else signed ──────────────────────────────────────────────────────────────────────────────────────────────

  function endorsedView({ accepted, audited }) {
    const text = words();
    const key = ({ kid, at }) => [`${text.key} `, el("code", {}, kid), el("br"), moment(at)];
    const parties = accepted.map((one) => {
      const { organisation, role } = one;
      const said = one.isIssuer && role === "investor" ? text.municipalityItself : named(text.roles, role);
      return [filled(text.acceptedParty, { organisation, role: said }), el("span", {}, key(one))];
    });
    const audits = audited.map((one) => {
      const { auditor, verdict, size, population, draw } = one;
      const sample = { auditor, size: integer(size), population: integer(population), draw: integer(draw) };
      return [text.verdicts[verdict], el("span", {}, filled(text.auditSample, sample), el("br"), key(one))];
    });
    return el(
      "div",
      { class: "block" },
      el("h4", {}, text.acceptedTitle),
      definitions(parties),
      el("h4", {}, text.auditTitle),
      audits.length > 0 ? definitions(audits) : el("p", {}, text.checks[11].none),
    );
  }

  // ── Checks ───────────────────────────────────────────────────────────────────────────────────────────────────────

  function checkText(number, facts) {
    const check = words().checks[number];
    if (number === 4) return filled(check.ok, { count: integer(facts.count) });
    if (number === 6) return filled(check.ok, { date: moment(facts.loggedAt) });
    if (number === 7) {
      const batches = integer(facts.batches);
      if (facts.people === null) return filled(check.withheld, { batches });
      return filled(check.ok, { people: integer(facts.people), batches });
    }
    if (number === 8) {
      const date = moment(facts.asOf);
      return filled(facts.hasExpired ? check.expired : facts.isOlder ? check.older : check.ok, { date });
    }
    if (number === 9) return facts.isCompared ? check.ok : check.alone;
    if (number === 10) return filled(check.ok, { count: integer(facts.accepted.length) });
    if (number === 11) {
      if (facts.audited.length === 0) return check.none;
      return deviating(facts).length > 0 ? check.deviations : filled(check.ok, { count: integer(facts.audited.length) });
    }
    return check.ok;
  }

  function checksView({ checks, step, supersededBy }) {
    const text = words();
    const items = Object.keys(text.checks).map((key) => {
      const number = Number(key);
      const passed = checks.find((check) => check.number === number);
      const isWhole = passed?.extent === "whole";
      const kind = isWhole ? "ok" : !passed && number === step ? "failed" : "not-done";
      const failed = supersededBy ? text.verdictSuperseded.toLowerCase() : text.failed;
      const word = { ok: text.ok, failed, "not-done": passed?.extent === "part" ? text.partlyDone : text.notDone };
      return el(
        "li",
        { class: kind },
        el("span", { class: "number", "aria-hidden": "true" }, key),
        el("span", { class: "check-title" }, capital(text.checks[key].title)),
        el("span", { class: "state" }, word[kind]),
        passed ? el("p", {}, checkText(number, passed.facts)) : null,
      );
    });
    return el("div", { class: "block" }, el("h4", {}, text.checksTitle), el("ol", { class: "checks" }, items));
  }

  function notCheckedView({ notChecked }) {
    const text = words();
    const items = notChecked.map((code) => el("li", {}, text.notChecked[code]));
    return el("div", { class: "block open-points" }, el("h4", {}, text.notCheckedTitle), el("ul", {}, items));
  }

  function technicalView(name, { claims, shown, checks }) {
    const facts = Object.assign({}, ...checks.map((check) => check.facts));
    const rows = [
      ["file", name],
      ["jti", claims.jti],
      ["vct", claims.vct],
      ["alg", facts.algorithm],
      ["kid", facts.kid],
      ["log", `${facts.origin}: ${facts.index} / ${facts.size}`],
      ["rules_sha256", claims.contract.rules_sha256],
      ["contract.version", String(claims.contract.version)],
      ["policy.decision_id", claims.policy.decision_id],
      ["policy_set_sha256", claims.policy.policy_set_sha256],
      ["status", `${claims.status.status_list.uri} # ${claims.status.status_list.idx}`],
    ];
    if (shown.method) {
      rows.push(["data_sources", shown.method.data_sources.join(", ")], ["engine_version", shown.method.engine_version]);
      rows.push(["inputs_sha256", shown.method.inputs_sha256]);
    }
    if (shown.suppression) {
      const { k, k_cohort, rules } = shown.suppression;
      rows.push(["suppression", `k ${k}, k_cohort ${k_cohort}: ${rules.join(", ")}`]);
    }
    return el("details", { class: "technical" }, el("summary", {}, words().detailsTitle), definitions(rows));
  }

  // ── Several windows of one contract ──────────────────────────────────────────────────────────────────────────────

  // Contract -> its verified windows in order, the latest attestation of each.
  function windowsByContract() {
    const contracts = new Map();
    for (const { verdict } of state.verdicts) {
      if (!verdict.verified || !("outcomes_achieved" in verdict.shown)) continue;
      const { contract, municipality, window, iat, seq } = verdict.claims;
      const key = JSON.stringify([municipality.code, contract.id]);
      const windows = contracts.get(key) ?? new Map();
      const known = windows.get(window.to_week);
      const isNewer = !known || known.claims.iat < iat || (known.claims.iat === iat && known.claims.seq < seq);
      if (isNewer) windows.set(window.to_week, verdict);
      contracts.set(key, windows);
    }
    const inOrder = (windows) => [...windows.keys()].sort().map((week) => windows.get(week));
    return [...contracts.values()].map(inOrder).filter((windows) => windows.length > 1);
  }

  const SLOT = 64;
  const BAR = 36;
  const HEIGHT = 180;
  const TOP = 28;
  const BASE = TOP + HEIGHT;

  function chartView(verdicts, n) {
    const text = words();
    const bars = verdicts.map(({ claims, shown }) => ({
      label: claims.window.label,
      value: shown.outcomes_achieved,
      goal: shown.threshold?.people ?? null,
      met: shown.threshold?.met,
    }));
    const title = filled(text.chartTitle, { contract: verdicts[0].claims.contract.id });
    const rows = bars.map(({ label, value, goal, met }) => {
      const verdict = met === undefined ? "–" : met ? text.met : text.notMet;
      return { row: [label, integer(value), goal === null ? verdict : `${integer(goal)}: ${verdict}`] };
    });
    return el(
      "figure",
      { class: "chart" },
      el("figcaption", {}, title),
      verdicts.flatMap(deviationMarks),
      verdicts.some(({ claims }) => claims.demo) ? demoMark() : null,
      el("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": title }, drawing(bars, title, `chart-${n}`)),
      table(text.figuresTitle, [text.window, text.outcomes, text.threshold], rows),
    );
  }

  function drawing(bars, title, id) {
    const text = words();
    const goals = bars.map(({ goal }) => goal).filter((goal) => goal !== null);
    const most = Math.max(1, ...bars.map(({ value }) => value), ...goals);
    const y = (value) => BASE - (value / most) * HEIGHT;
    const width = bars.length * SLOT + 110;
    const last = goals.at(-1);
    const values = bars.map(({ label, value }) => `${label} ${integer(value)}`).join(", ");
    const goalText = last === undefined ? text.chartNoGoal : filled(text.chartGoal, { people: integer(last) });
    const marks = bars.flatMap(({ label, value, goal }, n) => {
      const left = n * SLOT;
      const middle = left + SLOT / 2;
      const line = { x1: left, x2: left + SLOT, y1: y(goal), y2: y(goal) };
      const isLow = BASE - y(value) < 26; // too low a bar to hold its number
      return [
        svg("rect", { class: "bar", x: middle - BAR / 2, y: y(value), width: BAR, height: BASE - y(value) }),
        svg("text", { class: isLow ? "bar-label" : "bar-value", x: middle, y: (isLow ? y(value) : BASE) - 8 }, integer(value)),
        svg("text", { class: "bar-label", x: middle, y: BASE + 20 }, label),
        goal === null ? null : svg("line", { class: "goal-edge", ...line }),
        goal === null ? null : svg("line", { class: "goal", ...line }),
      ];
    });
    const goalLabel = filled(text.goal, { people: last === undefined ? "" : integer(last) });
    return svg(
      "svg",
      { role: "img", "aria-labelledby": `${id}-title ${id}-text`, width, height: BASE + 30, viewBox: `0 0 ${width} ${BASE + 30}` },
      svg("title", { id: `${id}-title` }, title),
      svg("desc", { id: `${id}-text` }, filled(text.chartDescription, { values, goal: goalText })),
      svg("line", { class: "base", x1: 0, x2: bars.length * SLOT, y1: BASE, y2: BASE }),
      marks,
      last === undefined ? null : svg("text", { class: "goal-label", x: bars.length * SLOT + 8, y: y(last) + 4 }, goalLabel),
    );
  }

  // ── Showing the state ────────────────────────────────────────────────────────────────────────────────────────────

  function render() {
    const text = words();
    document.documentElement.lang = state.language;
    document.title = text.title;
    for (const node of document.querySelectorAll("[data-word]")) node.textContent = text[node.dataset.word];
    for (const button of document.querySelectorAll("[data-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
    }
    const chosen = (files) => (files.length === 0 ? "" : filled(text.chosen, { names: files.map(({ name }) => name).join(", ") }));
    byId("trust-chosen").textContent = chosen(state.trust ? [state.trust] : []);
    byId("bundles-chosen").textContent = chosen(state.bundles);
    byId("contract-chosen").textContent = chosen(state.contract ? [state.contract] : []);
    byId("clear-contract").hidden = !state.contract;
    byId("trust-view").hidden = !state.described;
    byId("trust-view").replaceChildren(...(state.described ? [trustView(state.described)] : []));
    byId("results").hidden = state.verdicts.length === 0;
    byId("overview").replaceChildren(...overviewView());
    byId("charts").replaceChildren(...windowsByContract().map(chartView));
    byId("verdicts").replaceChildren(...state.verdicts.map(verdictView));
    byId("summary").textContent = summaryText();
  }

  function summaryText() {
    const text = words();
    if (state.unreadable) return filled(text.unreadable, { name: state.unreadable });
    if (state.isWorking) return text.working;
    if (state.bundles.length > 0 && !state.trust) return text.needTrust;
    if (state.trust && state.bundles.length === 0 && state.described?.trust) return text.needBundle;
    if (state.verdicts.length === 0) return "";
    const good = state.verdicts.filter(({ verdict }) => verdict.verified).length;
    return filled(text.summary, { good, all: state.verdicts.length, date: moment(state.checkedAt) });
  }

  // ── Checking what was chosen ─────────────────────────────────────────────────────────────────────────────────────

  let latest = 0;

  async function check() {
    latest += 1;
    const run = latest;
    Object.assign(state, { verdicts: [], isWorking: true });
    render();
    const now = Math.floor(Date.now() / 1000);
    const described = state.trust ? await OutcomeVerifier.describeTrust(state.trust.bytes) : null;
    const verdicts = [];
    for (const { name, bytes } of described?.trust ? state.bundles : []) {
      const given = { now, contractBytes: state.contract?.bytes ?? null };
      verdicts.push({ name, verdict: await OutcomeVerifier.verifyBundle(bytes, state.trust.bytes, given) });
    }
    if (run !== latest) return; // other files were chosen meanwhile
    Object.assign(state, { described, verdicts, checkedAt: now, isWorking: false });
    render();
  }

  async function readFiles(files) {
    state.unreadable = null;
    const found = [];
    for (const file of files) {
      try {
        found.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
      } catch {
        state.unreadable = file.name;
      }
    }
    return found;
  }

  // Which of the three kinds a dropped file is. Only a convenience: the checks read it strictly afterwards.
  function kindOf({ name, bytes }) {
    const text = new TextDecoder().decode(bytes);
    if (text.includes('"schema":"trust/1"')) return "trust";
    return text.includes('"schema":"evidence-bundle/1"') || name.endsWith(".json") ? "bundle" : "contract";
  }

  async function take(files) {
    const found = await readFiles(files);
    const of = (kind) => found.filter((file) => kindOf(file) === kind);
    const [bundles, [trust], [contract]] = ["bundle", "trust", "contract"].map(of);
    if (bundles.length > 0) state.bundles = bundles;
    if (trust) state.trust = trust;
    if (contract) state.contract = contract;
    await check();
  }

  function listen() {
    const onFiles = (id, store) =>
      byId(id).addEventListener("change", async ({ target }) => {
        store(await readFiles(target.files));
        await check();
      });
    onFiles("trust", ([file]) => { state.trust = file ?? null; });
    onFiles("bundles", (files) => { state.bundles = files; });
    onFiles("contract", ([file]) => { state.contract = file ?? null; });
    byId("clear-contract").addEventListener("click", async () => {
      byId("contract").value = "";
      state.contract = null;
      byId("contract").focus();
      await check();
    });
    for (const button of document.querySelectorAll("[data-language]")) {
      button.addEventListener("click", () => {
        state.language = button.dataset.language;
        render();
      });
    }
    const drop = byId("files");
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
    document.addEventListener("dragleave", () => drop.classList.remove("over"));
    document.addEventListener("drop", async (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      await take(event.dataTransfer.files);
    });
    byId("print").addEventListener("click", () => window.print());
    window.addEventListener("beforeprint", () => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
  }

  listen();
  render();
})();
