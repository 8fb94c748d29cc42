/** The module object of the AMD loader that loads module.js. */
declare module 'amd-module' {
  const amdModule: { id: string; uri: string };
  export default amdModule;
}

/** Where the bundle looks for its lazy chunks. The bundler reads assignments to it. */
declare let __webpack_public_path__: string;
