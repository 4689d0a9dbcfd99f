// A stand-in for https://js.stripe.com in tests: the documented calls our adapter makes, and a record of them. It refuses any other.
(() => {
  const calls = window.stripeCalls = [];
  const say = (...call) => { calls.push(call); };
  const KINDS = { cardNumber: "4242424242424242", cardExpiry: "1240", cardCvc: "123" };
  const only = (given, allowed) => { for (const name of Object.keys(given)) if (!allowed.includes(name)) throw new Error(`${name} is not documented`); };

  class Element {
    constructor(type, options) {
      if (!(type in KINDS)) throw new Error(`${type} is not a single-field element`);
      only(options, ["placeholder", "style"]);
      this.type = type; this.options = options; this.listeners = {};
    }
    on(event, listener) {
      if (!["change", "ready", "focus", "blur", "escape"].includes(event)) throw new Error(`${event} is not an event`);
      (this.listeners[event] ||= []).push(listener); return this;
    }
    emit(event, state) { for (const listener of this.listeners[event] || []) listener({ elementType: this.type, ...state }); }
    mount(where) {
      say("mount", this.type, where.dataset.field);
      this.input = Object.assign(document.createElement("input"), { placeholder: this.options.placeholder });
      this.input.setAttribute("aria-label", `stand-in ${this.type}`);
      this.input.addEventListener("input", () => this.changed(this.input.value));
      where.replaceChildren(this.input);
      this.emit("ready", {});
    }
    changed(value) {
      const complete = value.replace(/\D/g, "").length >= KINDS[this.type].length;
      const error = value === "" || complete ? undefined : { type: "validation_error", code: `incomplete_${this.type}`, message: "Your details are not complete." };
      this.value = value;
      this.emit("change", { empty: value === "", complete, error, brand: this.type === "cardNumber" ? "visa" : undefined });
    }
    focus() { this.input.focus(); }
    clear() { this.input.value = ""; }
    update(options) { only(options, ["placeholder", "style"]); say("update", this.type); }
    destroy() { this.input.remove(); }
  }

  window.Stripe = (key, options) => {
    say("Stripe", key, options);
    return {
      elements: (asked) => { only(asked, ["locale", "fonts"]); say("elements", asked.locale); return { create: (type, options) => { say("create", type, Object.keys(options.style.base)); return new Element(type, options); } }; },
      createPaymentMethod: async (asked) => {
        only(asked, ["type", "card", "billing_details"]);
        if (asked.type !== "card" || !(asked.card instanceof Element) || asked.card.type !== "cardNumber") throw new Error("card needs the cardNumber element");
        say("createPaymentMethod", asked.type, asked.card.type, asked.billing_details);
        if (asked.card.value.startsWith("4000")) return { error: { type: "card_error", code: "expired_card", message: "Your card has expired." } };
        return { paymentMethod: { id: "pm_standin1", object: "payment_method", type: "card" } };
      },
    };
  };
  window.Stripe.version = "dahlia";
})();
