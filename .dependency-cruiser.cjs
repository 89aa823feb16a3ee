/** Which folder may import which. Imports point one way: dissectors <- state <- contract, store <- http, metrics <- pipeline <- main. */

/** Installed or not: an optional package that is absent has its bare name for a path. */
const PACKAGE = (name) => `(^|(^|/)node_modules/)${name}(/|$)`;
const ERRORS = '^src/errors\\.ts$';
const PROGRAM = '^(bin|src|dissectors|web)/';

/** A folder may import itself and what matches one of `allowed`. */
const only = (name, folder, allowed, comment, also = {}) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: { pathNot: [`^${folder}/`, ...allowed], ...also },
});

/** Node's own modules are allowed besides. */
const AND_NODE = { dependencyTypesNot: ['core'] };

/** A package (or module of Node) that the named places own: one place to replace it, one place to look. */
const owned = (name, to, owners) => ({
  name,
  severity: 'error',
  from: { path: PROGRAM, pathNot: owners.map((owner) => `^${owner}`) },
  to: { path: to },
});

module.exports = {
  forbidden: [
    only('dissectors-are-pure', 'dissectors', [], 'dissectors import nothing but dissectors: no I/O, no clock, no library'),
    only('state-is-pure', 'src/state', ['^dissectors/'], 'the state imports dissectors only'),
    only(
      'contract-knows-state',
      'src/contract',
      ['^src/state/', '^dissectors/', PACKAGE('typebox'), PACKAGE('ipaddr\\.js')],
      'wire shapes are made from state, without I/O',
    ),
    only(
      'capture-knows-frames',
      'src/capture',
      [ERRORS, '^dissectors/', PACKAGE('pcap'), PACKAGE('ipaddr\\.js')],
      'capture gives frames; who uses them is not its business',
      AND_NODE,
    ),
    only(
      'store-knows-state',
      'src/store',
      [ERRORS, '^src/(state|contract)/', '^dissectors/', PACKAGE('better-sqlite3'), PACKAGE('ipaddr\\.js')],
      'the store follows the state; who asks it is not its business',
      AND_NODE,
    ),
    only(
      'history-keeps-frames',
      'src/history',
      [ERRORS, '^src/(capture|state|contract)/', '^dissectors/'],
      'the history is frames on disk; who makes a state of them again is not its business',
      AND_NODE,
    ),
    only(
      'http-knows-contract',
      'src/http',
      [ERRORS, '^src/(contract|state)/', '^dissectors/', '(^|/)node_modules/'],
      'routes answer from what they are handed, in the shapes of the contract',
      AND_NODE,
    ),
    only(
      'metrics-know-state',
      'src/metrics',
      [ERRORS, '^src/(contract|state)/', '^dissectors/', PACKAGE('prom-client')],
      'collectors read the state when they are asked',
      AND_NODE,
    ),
    only(
      'alerts-know-state',
      'src/alerts',
      [ERRORS, '^src/(contract|state)/', '^dissectors/', PACKAGE('standardwebhooks')],
      'alerts are made from what the state says; who stores and shows them is not their business',
      AND_NODE,
    ),
    {
      name: 'commands-know-no-routes',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/(http|metrics)/' },
    },
    {
      name: 'nothing-imports-the-program',
      severity: 'error',
      from: { path: PROGRAM },
      to: { path: '^src/main\\.ts$' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { path: PROGRAM },
      to: { path: '^test/' },
    },
    {
      name: 'web-takes-types-only',
      comment: 'the page shares types with the program, never code',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|dissectors)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'web-knows-contract',
      comment: 'the contract is all that the page may lean on',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|dissectors)/', pathNot: '^src/contract/' },
    },
    // Of other programs only systemd-notify is run, and what gives up root.
    owned('no-other-program-is-run', '^(node:)?(child_process|cluster)$', [
      'src/capture/',
      'src/systemd-notify\\.ts$',
      'src/without-root\\.ts$',
    ]),
    // What a require made at run time loads is hidden from these rules.
    owned('require-only-in-capture', '^(node:)?module$', ['src/capture/']),
    owned('pcap-only-in-capture', PACKAGE('pcap'), ['src/capture/']),
    owned('better-sqlite3-only-in-store', PACKAGE('better-sqlite3'), ['src/store/']),
    owned('fastify-only-in-http', PACKAGE('(fastify|@fastify/[^/]+)'), ['src/http/']),
    owned('ws-only-in-http', PACKAGE('ws'), ['src/http/']),
    owned('bcryptjs-only-in-its-thread', PACKAGE('bcryptjs'), ['src/password-thread\\.ts$']),
    owned('prom-client-only-in-metrics', PACKAGE('prom-client'), ['src/metrics/']),
    owned('typebox-only-in-contract-and-http', PACKAGE('typebox'), ['src/contract/', 'src/http/']),
    owned('standardwebhooks-only-in-alerts', PACKAGE('standardwebhooks'), ['src/alerts/']),
    owned('commander-only-in-cli', PACKAGE('commander'), ['src/cli/', 'src/main\\.ts$']),
    owned('cli-progress-only-in-cli', PACKAGE('cli-progress'), ['src/cli/']),
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: { path: PROGRAM },
      // pcap is optional; dist is not built yet when the rules are checked.
      to: { couldNotResolve: true, pathNot: '^(pcap(/|$)|.*dist/)' },
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
