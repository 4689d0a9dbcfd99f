/* One field, in its frame. Talks to its parent page (how the field stands, what came of a submit) and, on this origin, to the
   other frames of the same form (what was typed). Nothing typed ever goes to the parent. */
"use strict";
const setup = JSON.parse(document.getElementById("setup").textContent);
const input = document.querySelector("input");
const room = new BroadcastChannel(`sandbox-fields-${setup.form}`);
const WAIT_FOR_FRAMES = 3000;
const onlyDigits = (text) => text.replace(/\D/g, "");

const FORMATS = {
  cardNumber: (digits) => (/^3[47]/.test(digits) ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10, 15)] : digits.slice(0, 19).match(/.{1,4}/g) || []).filter(Boolean).join(" "),
  cardExpiry: (digits) => {
    const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits;
    return padded.length > 2 ? `${padded.slice(0, 2)}/${padded.slice(2, 4)}` : padded;
  },
  cardCvc: (digits) => digits.slice(0, 4),
  bankRouting: (digits) => digits.slice(0, 9),
  bankAccount: (digits) => digits.slice(0, 17),
  bankAccountAgain: (digits) => digits.slice(0, 17),
};

const CHECKS = {
  cardNumber: (digits) => {
    if (digits.length < 13) return "incomplete_number";
    if (!passesLuhn(digits)) return "incorrect_number";
    return setup.numbers.includes(digits) ? null : "not_a_test_number";
  },
  cardExpiry: (digits) => {
    if (digits.length < 4) return "incomplete_expiry";
    const [month, year] = [Number(digits.slice(0, 2)), 2000 + Number(digits.slice(2))];
    if (month < 1 || month > 12) return "invalid_expiry_month";
    return year * 12 + month < setup.year * 12 + setup.month ? "invalid_expiry_year" : null;
  },
  cardCvc: (digits) => (digits.length < 3 ? "incomplete_cvc" : null),
  bankRouting: (digits) => {
    if (digits.length < 9) return "incomplete_routing";
    return passesRouting(digits) ? null : "routing_number_invalid";
  },
  bankAccount: (digits) => (digits.length < 4 ? "incomplete_account" : null),
  bankAccountAgain: (digits) => (digits.length < 4 ? "incomplete_account" : null),
};

function passesLuhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const value = place % 2 ? 2 * Number(digit) : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function passesRouting(digits) {
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * [3, 7, 1][place % 3], 0);
  const prefix = Number(digits.slice(0, 2));
  const used = (prefix >= 1 && prefix <= 12) || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix === 80;
  return used && sum % 10 === 0;
}

const digits = () => onlyDigits(input.value);
const problem = () => (digits() ? CHECKS[setup.kind](digits()) : "empty");

function brandOf(number) {
  if (/^4/.test(number)) return "visa";
  if (/^(5[1-5]|2[2-7])/.test(number)) return "mastercard";
  if (/^3[47]/.test(number)) return "amex";
  return /^6/.test(number) ? "discover" : "unknown";
}

/* An unfinished field is not yet wrong while it is being typed in. */
function state(left) {
  const code = problem();
  const unfinished = code !== null && code.startsWith("incomplete");
  const invalid = code !== null && code !== "empty" && (left || !unfinished);
  const told = {empty: code === "empty", complete: code === null, invalid, code, message: invalid ? setup.words[code] : null};
  return setup.kind === "cardNumber" ? {...told, brand: brandOf(digits())} : told;
}

const tellParent = (message) => parent.postMessage(message, setup.parent);

function tellState(event, left) {
  const now = state(left);
  input.setAttribute("aria-invalid", String(now.invalid));
  document.getElementById("said").textContent = now.message || "";
  tellParent({event, state: now});
}

input.addEventListener("input", () => {
  const atEnd = input.selectionStart === input.value.length;
  const before = onlyDigits(input.value.slice(0, input.selectionStart)).length;
  input.value = FORMATS[setup.kind](onlyDigits(input.value));
  const place = atEnd ? input.value.length : placeAfter(before);
  input.setSelectionRange(place, place);
  tellState("change", false);
});

function placeAfter(count) {
  let place = 0;
  for (let seen = 0; seen < count && place < input.value.length; place += 1) seen += /\d/.test(input.value[place]) ? 1 : 0;
  return place;
}

input.addEventListener("focus", () => tellParent({event: "focus", state: state(false)}));
input.addEventListener("blur", () => { if (input.value) tellState("change", true); tellParent({event: "blur", state: state(true)}); });
input.addEventListener("keydown", (event) => { if (event.key === "Enter") tellParent({event: "submit", state: state(true)}); });

/* The parent page. */
addEventListener("message", async (event) => {
  if (event.source !== parent || event.origin !== setup.parent) return;
  const {ask, what, details, members, focus, clear} = event.data;
  if (focus) input.focus();
  if (clear) { input.value = ""; tellState("change", false); }
  if (ask) tellParent({answer: ask, result: await submit(what, details, members)});
});

/* The other frames of this form. Only those that are asked answer: of a bank account's two numbers one alone says nothing. */
room.addEventListener("message", ({data}) => {
  if (data.members?.includes(setup.kind)) room.postMessage({to: data.ask, kind: setup.kind, value: digits(), problem: problem()});
});

function gather(members) {
  const ask = crypto.randomUUID();
  const found = {[setup.kind]: {value: digits(), problem: problem()}};
  return new Promise((resolve) => {
    const hear = ({data}) => {
      if (data.to !== ask) return;
      found[data.kind] = data;
      finishWhenAll();
    };
    const finish = () => { room.removeEventListener("message", hear); resolve(found); };
    const finishWhenAll = () => { if (members.every((kind) => found[kind])) finish(); };
    room.addEventListener("message", hear);
    setTimeout(finish, WAIT_FOR_FRAMES);
    room.postMessage({ask, members});
    finishWhenAll();
  });
}

async function submit(what, details, members) {
  const typed = await gather(members);
  const wrong = firstWrong(typed, members);
  if (wrong) return {error: wrong};
  const method = methodOf(details, typed);
  return what === "confirmSetup" ? confirmSetup(details, method) : createMethod(method);
}

function firstWrong(typed, members) {
  for (const kind of members) {
    if (!typed[kind]) return failure(kind, "fields_unavailable");
    if (typed[kind].problem) return failure(kind, typed[kind].problem);
  }
  const again = typed.bankAccountAgain;
  return again && again.value !== typed.bankAccount.value ? failure("bankAccountAgain", "accounts_differ") : null;
}

const failure = (field, code) => ({field, code, message: setup.words[code] || setup.words.other});

function methodOf(details, typed) {
  const {type, billing_details: billing, us_bank_account: bank = {}} = details;
  const card = () => ({
    number: typed.cardNumber.value,
    exp_month: typed.cardExpiry.value.slice(0, 2),
    exp_year: `20${typed.cardExpiry.value.slice(2)}`,
    cvc: typed.cardCvc?.value,
  });
  const account = () => ({...bank, routing_number: typed.bankRouting.value, account_number: typed.bankAccount.value});
  return {type, billing_details: billing, [type]: type === "card" ? card() : account()};
}

async function createMethod(method) {
  const reply = await post("/v1/payment_methods", method);
  return reply.error ? {error: refusal(reply.error)} : {paymentMethod: reply};
}

async function confirmSetup({client_secret: secret, return_url, mandate_data}, method) {
  const id = secret.split("_secret_")[0];
  const reply = await post(`/v1/setup_intents/${id}/confirm`, {client_secret: secret, return_url, mandate_data, payment_method_data: method});
  return reply.error ? {error: refusal(reply.error)} : {setupIntent: reply};
}

async function post(path, body) {
  const headers = {Authorization: `Bearer ${setup.key}`, "Content-Type": "application/x-www-form-urlencoded"};
  try {
    return await (await fetch(path, {method: "POST", headers, body: encode(body)})).json();
  } catch {
    return {error: {code: "unreachable"}};
  }
}

function encode(value, name = "", form = new URLSearchParams()) {
  for (const [key, part] of Object.entries(value)) {
    const full = name ? `${name}[${key}]` : key;
    if (part !== null && typeof part === "object") encode(part, full, form);
    else if (part !== undefined && part !== null && part !== "") form.set(full, String(part));
  }
  return form;
}

function refusal(error) {
  const fields = {number: "cardNumber", exp_month: "cardExpiry", exp_year: "cardExpiry", cvc: "cardCvc", routing_number: "bankRouting", account_number: "bankAccount"};
  const name = Object.keys(fields).find((part) => (error.param || "").endsWith(part) || (error.param || "").endsWith(`${part}]`));
  const code = error.decline_code || error.code || "other";
  return {field: name ? fields[name] : null, code, message: setup.words[code] || error.message || setup.words.other};
}

tellParent({event: "ready", state: state(false)});
// Typed, or filled in by the browser, before this script was here.
if (input.value) input.dispatchEvent(new Event("input"));
