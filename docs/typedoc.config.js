/** The reference: every entry point of the package, from its docstrings. A public name without one fails the build. */
const ENTRIES = ["model", "sim", "learn", "energy", "data", "io", "analysis", "tasks", "backend", "ir"];

/** @type {import("typedoc").TypeDocOptions & import("typedoc-plugin-markdown").PluginOptions} */
export default {
  plugin: ["typedoc-plugin-markdown", "./typedoc-throws.js"],
  tsconfig: "../tsconfig.build.json",
  // The first that exports a name explains it; the root comes last and refers to them.
  entryPoints: [...ENTRIES.map((name) => `../src/${name}/index.ts`), "../src/index.ts"],
  out: "api",
  readme: "reference.md",
  mergeReadme: true,

  sort: ["source-order"],
  groupOrder: ["Functions", "Variables", "Classes", "Interfaces", "Type Aliases", "*"],
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,

  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ["Variable", "Function", "Class", "Interface", "TypeAlias", "Method"],
  treatValidationWarningsAsErrors: true,
  treatWarningsAsErrors: true,

  entryFileName: "index",
  outputFileStrategy: "modules",
  pageTitleTemplates: {
    module: ({ name }) => (name === "rheobase" ? name : `rheobase/${name}`),
  },
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  classPropertiesFormat: "table",
  typeDeclarationFormat: "table",
  propertyMembersFormat: "table",
  tableColumnSettings: { hideModifiers: true, hideOverrides: true, hideInherited: true, hideSources: true },
};
