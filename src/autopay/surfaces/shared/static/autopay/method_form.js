// A form with a payment method: enrolling, paying once, the wallet. Its button does this, in this order, so that nothing is used up in
// vain: our own fields, checked by the server's rules; the card frames; the human check; then the payment company's token, and the form
// goes. What is typed in a frame never comes here.
const form = document.querySelector("form[data-method-form]");
const script = document.querySelector("script[data-card-fields]");
const check = document.querySelector("altcha-widget");
const MEMBERS = { card: ["cardNumber", "cardExpiry", "cardCvc"], bank: ["bankRouting", "bankAccount", "bankAccountAgain"] };
const TYPES = { card: "card", bank: "us_bank_account" };
const PATIENCE = 30000, PATIENCE_WITH_US = 45000; // milliseconds until we stop waiting for the payment company's frame, and for our own answer
class Silent extends Error {}
const states = {}, frames = {};
let cardFields = null, sending = false, waiting = false, sent = false;

function showFrames() {
  const maker = script && window[script.dataset.maker];
  if (typeof maker !== "function") return blocked();
  cardFields = maker(script.dataset.key);
  const root = document.documentElement, theme = root.dataset.theme || "auto", lang = root.lang;
  const density = root.dataset.skin ? "classic" : root.dataset.surface;
  const unloaded = document.querySelector(".frames-blocked .head")?.textContent;
  for (const mount of document.querySelectorAll("[data-field]")) {
    const { field, label, placeholder } = mount.dataset;
    frames[field] = cardFields.create(field, { mount, label, placeholder, theme, lang, density, blocked: unloaded })
      .on("change", (state) => { states[field] = state; sent = false; told(field, state.invalid ? state.message : ""); onward(field); })
      .on("blur", (state) => { states[field] = state; mount.classList.remove("focus"); })
      .on("focus", () => mount.classList.add("focus"))
      .on("submit", () => form.requestSubmit());
    mount.previousElementSibling?.addEventListener("click", () => frames[field].focus());
  }
}

function blocked() { const box = document.querySelector(".frames-blocked"); if (box && script) box.hidden = false; }

function told(field, message) {
  const place = document.querySelector(`[data-frame="${field}"]`), error = place.querySelector(".error");
  error.hidden = !message;
  error.lastElementChild.textContent = message || "";
  place.querySelector(".frame").toggleAttribute("data-invalid", Boolean(message));
}

// All is typed: what comes next comes into view, where the field just typed in can stay there too. (A page that scrolls in the moment of a
// click on the button lets it land in a frame that was there before.)
function onward(field) {
  const members = MEMBERS[form.elements.kind.value] || [];
  if (!members.filter((each) => frames[each]).every((each) => states[each]?.complete)) return;
  const button = form.querySelector("button[type=submit]"), place = document.querySelector(`[data-frame="${field}"]`);
  const needed = button.getBoundingClientRect().bottom - place.getBoundingClientRect().top;
  if (needed <= innerHeight) button.scrollIntoView({ block: "nearest", behavior: "instant" });
}

// A field is described by its hint, which stays, and by its error, if it has one.
function describe(input, error) {
  const ids = (input.getAttribute("aria-describedby") || "").split(" ").filter((id) => id && !/[_-]error$/.test(id)).concat(error || []);
  ids.length ? input.setAttribute("aria-describedby", ids.join(" ")) : input.removeAttribute("aria-describedby");
}

function clearErrors() {
  document.querySelectorAll(".js-error").forEach((each) => each.remove());
  form.querySelectorAll("[aria-invalid]").forEach((each) => { each.removeAttribute("aria-invalid"); describe(each, ""); });
  form.querySelectorAll(".field > .error:not([data-frame] .error)").forEach((each) => each.remove());
  document.getElementById("form-errors").hidden = true;
}

function listErrors(found) {
  const box = document.getElementById("form-errors"), list = box.querySelector("ul");
  list.replaceChildren(...found.map(({ label, message, id }) => {
    const line = document.createElement("li"), link = document.createElement("a");
    link.href = `#${id}`;
    link.textContent = `${label}: ${message}`;
    line.append(link);
    return line;
  }));
  box.hidden = false;
  box.querySelector(".head").textContent = found.length === 1 ? box.dataset.one : box.dataset.many.replace("%(n)s", found.length);
  box.focus();
}

// Nobody answered: `word` names which of the box's sentences says so.
function silent(word) {
  listErrors([]);
  const box = document.getElementById("form-errors");
  box.querySelector(".head").textContent = box.dataset[word];
}

function beside(name, message) {
  const input = form.elements[name], first = input instanceof RadioNodeList ? input[0] : input;
  const field = first.closest(".field, .switch, fieldset"), error = document.createElement("span");
  error.className = "error js-error";
  error.id = `${first.id}_error`;
  error.innerHTML = document.querySelector("#form-errors .tile").innerHTML;
  error.append(Object.assign(document.createElement("span"), { textContent: message }));
  field.matches(".switch, .tabs") ? field.after(error) : field.append(error);
  first.setAttribute("aria-invalid", "true");
  describe(first, error.id);
  const label = document.querySelector(`label[for="${first.id}"]`) || field.querySelector("legend, label");
  return { label: label.textContent.replace(" *", "").trim().replace(/\.$/, ""), message, id: first.id };
}

async function ownErrors() {
  const body = new FormData(form);
  body.set("check", "fields");
  const asked = fetch(location.href, { method: "POST", body, headers: { Accept: "application/json" } });
  const reply = await inTime(asked.catch(() => { throw new Silent(); }));
  if (!reply.ok || reply.redirected) throw new Error("no answer");
  return Object.entries((await reply.json()).errors);
}

function frameErrors(kind) {
  const empty = form.dataset.empty;
  return (MEMBERS[kind] || []).filter((field) => document.querySelector(`[data-frame="${field}"]`)).filter((field) => !states[field]?.complete).map((field) => {
    const message = states[field]?.message || empty;
    told(field, message);
    const place = document.querySelector(`[data-frame="${field}"]`);
    place.querySelector(".frame").id = `frame-${field}`;
    return { label: place.querySelector(".label").textContent, message, id: `frame-${field}` };
  });
}

const inTime = (answer) => Promise.race([answer, new Promise((_, give_up) => setTimeout(() => give_up(new Silent()), PATIENCE))]);

async function token(kind) {
  const bank = kind === "bank" ? { us_bank_account: { account_holder_type: form.elements.holder_type.value, account_type: form.elements.account_type.value } } : {};
  const answer = await inTime(cardFields.createPaymentMethod({ type: TYPES[kind], billing_details: { name: form.elements.holder.value }, ...bank }));
  if (answer.paymentMethod) return answer.paymentMethod.id;
  const { field, message } = answer.error;
  if (field) told(field, message);
  listErrors([{ label: document.querySelector(`[data-frame="${field}"] .label`)?.textContent || "", message, id: field ? `frame-${field}` : form.id }]);
  return null;
}

// Paying with a saved method asks for no check: nothing is tried out by it.
const human = (kind) => (kind === "saved" && form.hasAttribute("data-own-use")) || Boolean(form.querySelector("input[name=human], [name=g-recaptcha-response]")?.value);

function busy(on) {
  const button = form.querySelector("button[type=submit]");
  sending = on;
  button.dataset.word ||= button.textContent;
  button.textContent = on ? button.dataset.busy : button.dataset.word;
  button.setAttribute("aria-busy", String(on));
}

async function submit() {
  const kind = form.elements.kind.value;
  const own = (await ownErrors()).map(([name, messages]) => [name, messages[0]]);
  clearErrors();
  const found = own.map(([name, message]) => beside(name, message)).concat(frameErrors(kind));
  if (found.length) return listErrors(found);
  waiting = !human(kind);
  const ask = document.getElementById("human-error");
  ask.hidden = !waiting;
  if (waiting) return ask.focus();
  if (TYPES[kind] && !sent) {
    const made = await token(kind);
    if (!made) return;
    form.elements.token.value = made;
  }
  return send();
}

// The page that answers replaces this one. If none comes, the button works again and sends the same token: what was done is not done twice.
function send() {
  sent = true;
  form.submit();
  setTimeout(() => { busy(false); silent("unsure"); }, PATIENCE_WITH_US);
  return "gone";
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending || !navigator.onLine) return;
  busy(true);
  let end = "";
  try { end = await submit(); } catch (error) { end = error instanceof Silent ? silent("silent") : send(); }
  if (end !== "gone") busy(false);
});
// Ticked after Submit: the submission goes on by itself (A17).
function passed() { document.getElementById("human-error").hidden = true; if (waiting) setTimeout(() => form.requestSubmit(), 50); }
check?.addEventListener("verified", passed);
// An answer that grew too old is asked for anew, by itself.
check?.addEventListener("expired", () => { check.reset(); check.verify(); });
Object.assign(window, { humanPassed: passed, humanExpired: () => {} });
// Back from another page: the button works again, and the token and the check of before are not sent twice.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const holder = form?.elements.holder, onCard = holder?.placeholder;
for (const tab of document.querySelectorAll("input[name=kind]")) {
  tab.addEventListener("change", () => { sent = false; holder.placeholder = tab.value === "bank" ? holder.dataset.bankPlaceholder : onCard; });
}
document.querySelectorAll("[data-needs-script]").forEach((each) => each.remove());
if (form) showFrames();
