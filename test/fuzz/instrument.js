/**
 * Loader hooks: TypeScript is read as it stands, and what is to be fuzzed gets a counter at every branch, in memory only. V8's own
 * block coverage takes 2 ms to fetch, as long as forty inputs take; these counters are looked through in 2 us.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../../', import.meta.url).href;
const COVERAGE = new URL('coverage.ts', import.meta.url).href;
/** What an input can reach: dissectors, readers, state, and the planted defect. */
const INSTRUMENTED = /^(dissectors|src\/state|src\/capture)\/|^test\/fuzz\/planted\.ts$/;
const OPTIONS = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
const COUNTERS = '__counters';

export async function load(url, context, nextLoad) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return nextLoad(url, context);
  const text = await readFile(fileURLToPath(url), 'utf8');
  const file = url.slice(ROOT.length);
  return { format: 'module', shortCircuit: true, source: INSTRUMENTED.test(file) ? instrumented(text, file) : plain(text) };
}

const plain = (text) => ts.transpileModule(text, { compilerOptions: OPTIONS }).outputText;

function instrumented(text, file) {
  const lines = [];
  const { outputText } = ts.transpileModule(text, { compilerOptions: OPTIONS, transformers: { before: [countBranches(lines)] } });
  const head = `import { countersOf } from ${JSON.stringify(COVERAGE)};`;
  return `${head}const ${COUNTERS} = countersOf(${JSON.stringify(file)}, ${JSON.stringify(lines)});\n${outputText}`;
}

/** @param lines gets the line of every counter */
const countBranches = (lines) => (context) => (source) => {
  const { factory } = context;
  const count = (node) => {
    lines.push(source.getLineAndCharacterOfPosition(Math.max(0, node.pos)).line + 1);
    return factory.createPostfixIncrement(factory.createElementAccessExpression(factory.createIdentifier(COUNTERS), lines.length - 1));
  };
  const counted = (node) => factory.createExpressionStatement(count(node));
  const expression = (node) => factory.createParenthesizedExpression(factory.createComma(count(node), visit(node)));
  const block = (node) =>
    factory.createBlock([counted(node), ...(ts.isBlock(node) ? node.statements.map(visit) : [visit(node)])].filter(Boolean), true);
  const children = (node) => ts.visitEachChild(node, visit, context);

  function visit(node) {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement ? block(node.elseStatement) : factory.createBlock([counted(node)]);
      return factory.updateIfStatement(node, visit(node.expression), block(node.thenStatement), otherwise);
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      return factory.updateConditionalExpression(
        node,
        visit(condition),
        questionToken,
        expression(whenTrue),
        colonToken,
        expression(whenFalse),
      );
    }
    if (ts.isBinaryExpression(node) && isShortCut(node.operatorToken.kind))
      return factory.updateBinaryExpression(node, visit(node.left), node.operatorToken, expression(node.right));
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node;
      const visited = parameters.map(visit);
      return factory.updateArrowFunction(node, modifiers, typeParameters, visited, type, equalsGreaterThanToken, expression(body));
    }
    // Bodies of functions, loops, try and catch.
    if (ts.isBlock(node)) return block(node);
    if (ts.isCaseOrDefaultClause(node)) {
      const statements = [counted(node), ...node.statements.map(visit)];
      return ts.isCaseClause(node)
        ? factory.updateCaseClause(node, visit(node.expression), statements)
        : factory.updateDefaultClause(node, statements);
    }
    if (ts.isForStatement(node) && !ts.isBlock(node.statement)) {
      const { initializer, condition, incrementor, statement } = node;
      const part = (child) => child && visit(child);
      return factory.updateForStatement(node, part(initializer), part(condition), part(incrementor), block(statement));
    }
    return children(node);
  }
  return children(source);
};

function isShortCut(kind) {
  return (
    kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.QuestionQuestionToken
  );
}
