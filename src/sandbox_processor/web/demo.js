/* The page /_sandbox/fields: both forms, working. */
"use strict";
const fields = SandboxFields(document.body.dataset.key);
const show = (form, text) => { form.querySelector("output").textContent = text; };

for (const mount of document.querySelectorAll("[data-field]")) {
  const {field, label, placeholder} = mount.dataset;
  const told = document.querySelector(`[data-said=${field}]`);
  fields.create(field, {mount, label, placeholder: placeholder || ""})
    .on("change", (state) => { told.textContent = state.message || ""; mount.dataset.state = state.complete ? "complete" : state.invalid ? "invalid" : "open"; })
    .on("submit", () => mount.closest("form").requestSubmit());
}

for (const form of document.querySelectorAll("form[data-type]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(form, "Asking...");
    const answer = await fields.createPaymentMethod({type: form.dataset.type, billing_details: {name: form.elements.holder.value}});
    show(form, answer.error ? `${answer.error.field || "refused"}: ${answer.error.message}` : `Saved as ${answer.paymentMethod.id}`);
  });
}
