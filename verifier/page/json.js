// JSON as docs/attestation-format.md reads it, and its one canonical form.

const MOST_DEPTH = 32;

// JSON.parse would pass over a repeated name, a fraction and a rounded integer. Objects have no prototype here, so
// that a name such as `__proto__` or `constructor` is a name like any other.
class JsonReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  read() {
    const value = this.value(0);
    this.skipSpace();
    need(this.at === this.text.length, "not JSON");
    return value;
  }

  value(depth) {
    need(depth <= MOST_DEPTH, "nested too deeply");
    this.skipSpace();
    const first = this.text[this.at];
    if (first === "{") return this.object(depth);
    if (first === "[") return this.list(depth);
    if (first === '"') return this.string();
    for (const [word, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  object(depth) {
    const found = Object.create(null);
    this.items("}", () => {
      this.skipSpace();
      need(this.text[this.at] === '"', "not JSON");
      const name = this.string();
      need(/^[\x00-\x7f]*$/.test(name), "object keys must be ASCII texts");
      need(!(name in found), "an object repeats a key");
      need(this.take(":"), "not JSON");
      found[name] = this.value(depth + 1);
    });
    return found;
  }

  list(depth) {
    const found = [];
    this.items("]", () => found.push(this.value(depth + 1)));
    return found;
  }

  items(end, readOne) {
    this.at += 1;
    if (this.take(end)) return;
    do readOne();
    while (this.take(","));
    need(this.take(end), "not JSON");
  }

  string() {
    const start = this.at;
    this.at += 1;
    while (this.text[this.at] !== '"') {
      need(this.at < this.text.length, "not JSON");
      this.at += this.text[this.at] === "\\" ? 2 : 1;
    }
    this.at += 1;
    const value = unescaped(this.text.slice(start, this.at));
    need(!/\p{Surrogate}/u.test(value), "a lone surrogate");
    return value;
  }

  integer() {
    const pattern = /-?(?:0|[1-9][0-9]*)/y;
    pattern.lastIndex = this.at;
    const [digits] = pattern.exec(this.text) ?? refuse("not JSON");
    this.at += digits.length;
    need(!/[.eE]/.test(this.text[this.at] ?? ""), "a number that is not an integer");
    const value = Number(digits) + 0; // -0 is 0
    need(Number.isSafeInteger(value), "an integer beyond 53 bits");
    return value;
  }

  take(character) {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  skipSpace() {
    while (this.at < this.text.length && " \t\n\r".includes(this.text[this.at])) this.at += 1;
  }
}

function unescaped(literal) {
  try {
    return JSON.parse(literal);
  } catch {
    return refuse("not JSON");
  }
}

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("not UTF-8");
  }
}

const parseJson = (bytes) => new JsonReader(textOf(bytes)).read();

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

// One canonical value and one line feed: a bundle or a trust file.
function parseCanonicalLine(bytes) {
  need(bytes.at(-1) === 0x0a, "the file is cut off");
  const body = bytes.subarray(0, -1);
  const value = parseJson(body);
  need(canonical(value) === textOf(body), "not canonical JSON");
  return value;
}
