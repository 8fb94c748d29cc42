import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';

import { operators } from '../types';
import { sourceFiles } from './messages';

// Two words beside each other are for people to read, where they are neither an operator nor the first line of a
// certificate. Single words may be names of fields and units.
const sentence = /\p{Ll}{2,}[,;:]? \p{L}+/u;

// What is shown for certain is for people to read where it is a single word, too.
const word = /\p{Ll}{2,}/u;
const shownAttributes = /^(?:aria-label|content|description|label|placeholder|text|title|tooltip)$/;

/** Texts of the source files below a folder that look like sentences and are neither in a call of t() nor in Trans. */
export function untranslated(folder: string): string[] {
  return sourceFiles(folder).flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return untranslatedIn(text).map((found) => `${name}: ${found}`);
  });
}

/** The same of one source file. */
export function untranslatedIn(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node) => {
    if (isTranslated(node) || ts.isImportDeclaration(node) || ts.isTypeNode(node)) {
      return;
    }
    const said = textOf(node);
    if (
      said !== undefined &&
      (isShown(node) ? word : sentence).test(said) &&
      !operators.some((name) => name === said)
    ) {
      found.push(said.trim());
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.tsx', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX));
  return found;
}

function isTranslated(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) {
    return node.expression.getText() === 't';
  }
  return ts.isJsxElement(node) && node.openingElement.tagName.getText() === 'Trans';
}

/** Whether a text is a child of an element or one of its labels, also by way of a choice between texts. */
function isShown(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) {
    return node !== parent.condition && isShown(parent);
  }
  if (ts.isParenthesizedExpression(parent)) {
    return isShown(parent);
  }
  if (ts.isBinaryExpression(parent)) {
    return node === parent.right && /^(?:&&|\|\||\?\?)$/.test(parent.operatorToken.getText()) && isShown(parent);
  }
  const owner = ts.isJsxExpression(parent) ? parent.parent : parent;
  return ts.isJsxAttribute(owner) ? shownAttributes.test(owner.name.getText()) : ts.isJsxElement(owner);
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node) || ts.isJsxText(node)) {
    return node.text;
  }
  if (ts.isTemplateExpression(node)) {
    // What is put in is judged where it is written.
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
  }
  return undefined;
}
