/** Which folder may import which. Imports point one way: dissectors <- state <- contract, store <- http, metrics <- pipeline <- main. */

/** Everything under `from` may import only what matches one of `to`. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: to },
});

/** A package that one folder owns. */
const owned = (name, folder) => ({
  name: `${name.replace(/\W/g, '')}-only-in-${folder.replace(/\W+/g, '-')}`,
  comment: `${name} is imported in ${folder} only: one place to replace it, one place to look`,
  severity: 'error',
  from: { path: '^(src|dissectors|web)/', pathNot: `^${folder}/` },
  to: { path: `(^|/)node_modules/${name}(/|$)` },
});

module.exports = {
  forbidden: [
    only('dissectors-are-pure', '^dissectors/', ['^dissectors/'], 'dissectors import nothing but dissectors: no I/O, no clock, no library'),
    only('state-is-pure', '^src/state/', ['^src/state/', '^dissectors/'], 'the state imports dissectors only'),
    only(
      'contract-knows-state',
      '^src/contract/',
      ['^src/contract/', '^src/state/', '^dissectors/', '(^|/)node_modules/(typebox|ipaddr\\.js)/'],
      'wire shapes are made from state, without I/O',
    ),
    only(
      'capture-knows-frames',
      '^src/capture/',
      [
        '^src/capture/',
        '^src/errors\\.ts$',
        '^dissectors/',
        '(^|/)node_modules/pcap/',
        '^(node:)?(assert|buffer|child_process|dgram|dns|events|fs|fs/promises|module|net|os|path|process|stream|stream/promises|timers|timers/promises|url|util|zlib)$',
      ],
      'capture gives frames; who uses them is not its business',
    ),
    {
      name: 'store-below-http',
      severity: 'error',
      from: { path: '^src/store/' },
      to: { path: '^src/(http|metrics|cli|capture|[a-z]+\\.ts)', pathNot: '^src/errors\\.ts$' },
    },
    { name: 'http-below-cli', severity: 'error', from: { path: '^src/http/' }, to: { path: '^src/(store|capture|cli|metrics)/' } },
    { name: 'metrics-below-http', severity: 'error', from: { path: '^src/metrics/' }, to: { path: '^src/(store|capture|cli|http)/' } },
    {
      name: 'nothing-imports-the-program',
      severity: 'error',
      from: { path: '^(src|dissectors|web)/' },
      to: { path: '^(src/main\\.ts$|test/)' },
    },
    {
      name: 'web-takes-types-only',
      comment: 'the page shares types with the program, never code',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|dissectors)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-other-program-is-run',
      comment: 'passive: the only child process is our own probe',
      severity: 'error',
      from: { path: '^(src|dissectors|web)/', pathNot: '^src/capture/' },
      to: { path: '^(node:)?child_process$' },
    },
    owned('pcap', 'src/capture'),
    owned('better-sqlite3', 'src/store'),
    owned('ws', 'src/http'),
    owned('fastify', 'src/http'),
    owned('@fastify/[^/]+', 'src/http'),
    owned('prom-client', 'src/metrics'),
    { ...owned('commander', 'src/cli'), from: { path: '^(src|dissectors|web)/', pathNot: '^src/(cli/|main\\.ts)' } },
    owned('cli-progress', 'src/cli'),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: { path: '^(src|dissectors|web|bin)/' },
      to: { couldNotResolve: true, pathNot: '^(pcap$|.*dist/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|node_modules/\\.)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  },
};
