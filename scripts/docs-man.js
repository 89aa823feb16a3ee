/** The manual page (roff, man macros) from the tree of commands, so that it says what `--help` says. */

const LONGEST_LINE = 78;
/** Of roff's man macros: what it would print as something else, or take for a command. */
const SPECIAL = { '\\': '\\e', '-': '\\-', "'": '\\(aq', '`': '\\(ga', '^': '\\(ha', '~': '\\(ti' };

const escaped = (text) => text.replace(/[\\\-'`^~]/g, (character) => SPECIAL[character]).replace(/^\./, '\\&.');

/** In lines that an editor shows whole; none begins as a command does. */
function paragraph(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    if (lines[last] === '') lines[last] = escaped(word);
    else if (`${lines[last]} ${escaped(word)}`.length > LONGEST_LINE) lines.push(escaped(word));
    else lines[last] += ` ${escaped(word)}`;
  }
  return lines.join('\n');
}

const bold = (text) => `.B ${escaped(text).replaceAll('"', '\\(dq')}`;
const tagged = (tag, text) => ['.TP', bold(tag), paragraph(text)];
/** As --help words it: small letters, no full stop. */
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

function optionText(option) {
  const notes = [];
  if (option.argChoices) notes.push(`one of ${option.argChoices.join(', ')}`);
  const value = option.defaultValueDescription ?? option.defaultValue;
  if (value !== undefined && value !== false && !option.negate) notes.push(`default: ${value}`);
  if (option.envVar) notes.push(`environment: ${option.envVar}`);
  return notes.length === 0 ? option.description : `${option.description} (${notes.join('; ')})`;
}

const argumentText = (argument) =>
  argument.argChoices ? `${argument.description} (one of ${argument.argChoices.join(', ')})` : argument.description;

/** Without the options that each command has. */
function ownOptions(command, shared) {
  return command.options.filter(({ long }) => !shared.has(long));
}

function commandLines(command, path, shared, help) {
  const name = [...path, command.name()].join(' ');
  const children = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  if (children.length > 0) return children.flatMap((one) => commandLines(one, [...path, command.name()], shared, help));
  const words = command.registeredArguments.map((argument) => {
    const word = argument.name() + (argument.variadic ? '...' : '');
    return argument.required ? word : `[${word}]`;
  });
  const asks = command.options.some(({ long }) => long === '--url');
  const described = command.registeredArguments.filter(({ description }) => description);
  return [
    `.SS ${escaped(['lvscope', name, ...words].join(' '))}`,
    paragraph(sentence(command.description())),
    ...described.flatMap((argument) => tagged(argument.name(), argumentText(argument))),
    ...ownOptions(command, asks ? shared : new Set()).flatMap((option) => tagged(option.flags, optionText(option))),
    ...(asks ? ['.PP', paragraph('It asks a running monitor: see ASKING A MONITOR.')] : []),
  ];
}

/** By heading, as --help has them. */
function grouped(program, help) {
  const groups = new Map();
  for (const command of help.visibleCommands(program)) {
    const heading = command.helpGroup() || 'Commands:';
    groups.set(heading, [...(groups.get(heading) ?? []), command]);
  }
  groups.delete('Commands:');
  return groups;
}

/**
 * @param program the module of the tree of commands, with what stands beside it
 * @param access the module of the options by which a monitor is asked
 */
export function manualPage(version, { createProgram, EXAMPLES, EXIT_CODES, FILES }, { addClientOptions, ENVIRONMENT }) {
  const program = createProgram(version);
  const asking = addClientOptions(program.createCommand('asking')).options;
  const help = program.createHelp();
  const shared = new Set(asking.map(({ long }) => long));
  const lines = [
    '.\\" Written by npm run docs from the definitions of the commands: change those.',
    `.TH LVSCOPE 1 "" "lvscope ${version}" "User Commands"`,
    '.SH NAME',
    'lvscope \\- see a Linux load balancer from outside',
    '.SH SYNOPSIS',
    '.B lvscope',
    '.I COMMAND',
    '.RI [ OPTION "]... [" ARGUMENT ]...',
    '.SH DESCRIPTION',
    paragraph(
      'lvscope listens to what Linux load balancers say to each other: IPVS connection sync, VRRP, IGMP and MLD, ARP and neighbor discovery.',
    ),
    paragraph(
      'From that it rebuilds what ipvsadm and keepalived would show there: the connection table, services, who is master, and what is wrong.',
    ),
    paragraph('It needs no login on the load balancer, and sends nothing but the joins of the multicast groups that it listens to.'),
    ...[...grouped(program, help)].flatMap(([heading, commands]) => [
      `.SH ${escaped(heading.replace(/:$/, '').toUpperCase())}`,
      ...commands.flatMap((command) => commandLines(command, [], shared, help)),
    ]),
    '.SH ASKING A MONITOR',
    paragraph(
      'Filters are FIELD=VALUE, several values of a field apart by commas, or an expression; all of them must hold. docs/filters.md lists the fields.',
    ),
    ...asking.flatMap((option) => tagged(option.flags, optionText(option))),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, meaning]) => tagged(String(code), sentence(meaning))),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, meaning]) => tagged(name, sentence(meaning))),
    '.SH FILES',
    ...FILES.flatMap(([path, meaning]) => tagged(path, sentence(meaning))),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([command, does]) => tagged(command, sentence(does))),
    '.SH SEE ALSO',
    '.BR ipvsadm (8),',
    '.BR keepalived (8),',
    '.BR tcpdump (1),',
    '.BR pcap\\-filter (7)',
  ];
  return `${lines.join('\n')}\n`;
}
