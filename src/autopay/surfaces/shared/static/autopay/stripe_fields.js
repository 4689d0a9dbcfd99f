// Stripe's single-field Elements behind the few calls our forms know (those of the sandbox's fields.js). Cards only.
//
//   const fields = StripeFields("pk_...");
//   const number = fields.create("cardNumber", { mount, placeholder, lang }).on("change", (state) => ...);
//   await fields.createPaymentMethod({ type: "card", billing_details: { name } })   { paymentMethod } or { error: { field, code, message } }
//
// Stripe.js must have been loaded from Stripe's own host before; without it there is no StripeFields, and the page says so.
const FIELD_OF = [[/number|card_type/, "cardNumber"], [/expiry|expired/, "cardExpiry"], [/cvc/, "cardCvc"]];
const dark = matchMedia("(prefers-color-scheme: dark)");

function fieldOf(code) { return FIELD_OF.find(([words]) => words.test(code || ""))?.[1] || "cardNumber"; }

// The frames cannot see our stylesheet: they get the colours and sizes that hold where they stand.
function styleOf(mount) {
  const { color, fontFamily, fontSize } = getComputedStyle(mount);
  const probe = Object.assign(document.createElement("span"), { className: "soft" });
  mount.after(probe);
  const faint = getComputedStyle(probe).color;
  probe.remove();
  return { base: { color, fontFamily, fontSize, iconColor: faint, "::placeholder": { color: faint } }, invalid: { color, iconColor: color } };
}

class Field {
  constructor(elements, kind, { mount, placeholder = "" }) {
    this.mount = mount;
    this.listeners = {};
    this.state = { empty: true, complete: false, invalid: false, code: null, message: "", brand: null };
    this.element = elements.create(kind, { placeholder, style: styleOf(mount) });
    this.element.on("change", (event) => this.changed(event));
    for (const name of ["ready", "focus", "blur"]) this.element.on(name, () => this.tell(name));
    this.element.mount(mount);
    dark.addEventListener("change", () => this.element.update({ style: styleOf(mount) }));
  }

  changed({ empty, complete, error, brand }) {
    this.state = { empty, complete, invalid: Boolean(error), code: error?.code || null, message: error?.message || "", brand: brand || null };
    this.tell("change");
  }

  on(event, listener) { (this.listeners[event] ||= []).push(listener); return this; }

  tell(event) { for (const listener of this.listeners[event] || []) listener(this.state); }

  focus() { this.element.focus(); }

  clear() { this.element.clear(); }

  destroy() { this.element.destroy(); }
}

class Fields {
  constructor(key) { this.stripe = window.Stripe(key); this.fields = {}; }

  create(kind, options) {
    this.elements ||= this.stripe.elements({ locale: options.lang || "auto" });
    this.fields[kind] = new Field(this.elements, kind, options);
    return this.fields[kind];
  }

  async createPaymentMethod({ type, billing_details }) {
    const { paymentMethod, error } = await this.stripe.createPaymentMethod({ type, card: this.fields.cardNumber.element, billing_details });
    return error ? { error: { field: fieldOf(error.code), code: error.code, message: error.message } } : { paymentMethod };
  }
}

if (typeof window.Stripe === "function") window.StripeFields = (key) => new Fields(key);
