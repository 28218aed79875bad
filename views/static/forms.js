// Fields left empty do not clutter the address, which people pass on.
export function tidyForms() {
  for (const form of document.querySelectorAll("form[data-tidy]")) {
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) {
        if (value === "") event.formData.delete(name);
      }
    });
  }
}
