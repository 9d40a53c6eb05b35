// What a check says no with, bytes, and their texts.

const CLOCK_SKEW_SECONDS = 60;
const LAST_SECOND = 253402300799; // the end of the year 9999

// What a check says no with. `reason` is a fixed sentence, so that a page can say it in another language.
class Refusal extends Error {}

function refuse(reason) {
  throw new Refusal(reason);
}

function need(condition, reason) {
  if (!condition) refuse(reason);
}

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STRAY_BITS = { 0: 0, 2: 15, 3: 3 }; // of the last character, by the text's length modulo 4

const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const isEqual = (left, right) => left.length === right.length && left.every((byte, n) => byte === right[n]);

function join(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

async function sha256Hex(bytes) {
  return hex(await sha256(bytes));
}

function toBase64url(bytes) {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// Strict: no padding, no other characters, no stray trailing bits. One text for one value.
function fromBase64url(text) {
  need(/^[A-Za-z0-9_-]*$/.test(text) && text.length % 4 !== 1, "not base64url");
  const stray = BASE64URL.indexOf(text.at(-1) ?? "A") & STRAY_BITS[text.length % 4];
  need(stray === 0, "base64url with stray trailing bits");
  const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function fromBase64(text) {
  need(text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), "not base64");
  return fromBase64url(text.replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_"));
}
