/* Sandbox fields: card and bank fields in frames of the sandbox's own origin. No real money. Not affiliated with Stripe.

   const fields = SandboxFields("pk_test_...");
   const number = fields.create("cardNumber", {mount: element, label: "Credit Card Number", placeholder: "1234 5678 9012 3456"});
   number.on("change", (state) => ...)          state: {empty, complete, invalid, code, message, brand}
   await fields.createPaymentMethod({type: "card", billing_details: {name: "Ann"}})   {paymentMethod} or {error: {field, code, message}}
   await fields.confirmSetup(clientSecret, {type: "card", return_url: "..."})         {setupIntent} or {error}

   What is typed stays in the frames: they find one another on their own origin, and this page is told only how each field
   stands and which payment method came of it. */
"use strict";
(() => {
  const origin = new URL(document.currentScript.src).origin;
  const LEADS = {card: "cardNumber", us_bank_account: "bankAccount"};
  const MEMBERS = {
    card: ["cardNumber", "cardExpiry", "cardCvc"],
    us_bank_account: ["bankRouting", "bankAccount", "bankAccountAgain"],
  };
  const LOADED_WITHIN = 10000;

  window.SandboxFields = (publishableKey) => new Form(publishableKey);

  class Form {
    constructor(publishableKey) {
      if (!/^pk_test_./.test(publishableKey)) throw new Error("SandboxFields takes a publishable test key (pk_test_...).");
      this.key = publishableKey;
      this.id = crypto.randomUUID();
      this.fields = {};
      this.waiting = new Map();
      addEventListener("message", (event) => this.hear(event));
    }

    create(kind, options) {
      if (!Object.values(MEMBERS).flat().includes(kind)) throw new Error(`There is no field ${kind}.`);
      this.fields[kind]?.destroy();
      this.fields[kind] = new Field(this, kind, options);
      return this.fields[kind];
    }

    createPaymentMethod(details) { return this.ask("createPaymentMethod", details); }

    confirmSetup(clientSecret, details) { return this.ask("confirmSetup", {...details, client_secret: clientSecret}); }

    async ask(what, details) {
      const lead = this.fields[LEADS[details.type]];
      if (!lead) throw new Error(`Create the field ${LEADS[details.type]} first.`);
      if (!(await lead.loaded())) return {error: {field: null, code: "fields_unavailable", message: lead.blocked}};
      const members = MEMBERS[details.type].filter((kind) => this.fields[kind]);
      const ask = crypto.randomUUID();
      const answer = new Promise((resolve) => this.waiting.set(ask, resolve));
      lead.tell({ask, what, details, members});
      return answer;
    }

    hear(event) {
      if (event.origin !== origin) return;
      const field = Object.values(this.fields).find((one) => one.frame.contentWindow === event.source);
      if (!field) return;
      if (event.data.answer) {
        this.waiting.get(event.data.answer)?.(event.data.result);
        this.waiting.delete(event.data.answer);
      } else {
        field.happened(event.data.event, event.data.state);
      }
    }
  }

  class Field {
    constructor(form, kind, {mount, label, placeholder = "", theme = "auto", lang = "en", density = "service", blocked} = {}) {
      this.listeners = {};
      this.blocked = blocked || "The card fields did not load. Check your connection, or pay by bank account.";
      this.isReady = new Promise((resolve) => { this.ready = resolve; });
      const asked = new URLSearchParams({form: form.id, key: form.key, label, placeholder, theme, lang, density, parent: location.origin});
      this.frame = document.createElement("iframe");
      this.frame.src = `${origin}/fields/${kind}?${asked}`;
      this.frame.title = label;
      this.frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms");
      this.frame.style.cssText = "display:block;border:0;inline-size:100%;block-size:100%;background:transparent;color-scheme:inherit";
      mount.replaceChildren(this.frame);
    }

    on(event, listener) { (this.listeners[event] ||= []).push(listener); return this; }

    focus() { this.tell({focus: true}); }

    clear() { this.tell({clear: true}); }

    destroy() { this.frame.remove(); }

    tell(message) { this.frame.contentWindow?.postMessage(message, origin); }

    happened(event, state) {
      if (event === "ready") this.ready(true);
      for (const listener of this.listeners[event] || []) listener(state);
    }

    loaded() {
      const late = new Promise((resolve) => { setTimeout(() => resolve(false), LOADED_WITHIN); });
      return Promise.race([this.isReady, late]);
    }
  }
})();
