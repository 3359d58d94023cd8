// highlight.js' core is packaged as CommonJS only: this is the `module` that it exports to.
globalThis.module = {};
