import { isValidSubject } from '../../claims/subject/subject.js';
import { addToMatch, emptyMatch, type Interest, type Match } from './interest.js';
import type { Subscription } from './subscription.js';

interface Node {
  children: Map<string, Node> | null;
  /** The child for `*`. */
  star: Node | null;
  /** Subscriptions that end here with `>`. */
  rest: Set<Subscription> | null;
  /** Subscriptions that end here. */
  here: Set<Subscription> | null;
}

/** Subscriptions in a tree of tokens: a match costs the depth of the subject and the size of its answer. */
export function treeInterest(): Interest {
  const root = emptyNode();
  let size = 0;
  return {
    insert(subscription) {
      if (!isValidSubject(subscription.subject)) return false;
      let node = root;
      const tokens = subscription.subject.split('.');
      const last = tokens.length - 1;
      const rest = tokens[last] === '>';
      if (rest) tokens.pop();
      for (const token of tokens) node = descend(node, token);
      if (rest) {
        node.rest ??= new Set();
        node.rest.add(subscription);
      } else {
        node.here ??= new Set();
        node.here.add(subscription);
      }
      size++;
      return true;
    },
    remove(subscription) {
      if (removeAt(root, subscription.subject.split('.'), 0, subscription)) size--;
    },
    match(subject) {
      const match = emptyMatch();
      const tokens = subject.split('.');
      // A subject with an empty token matches nobody, not even `>`.
      if (!tokens.includes('')) collect(root, tokens, 0, match);
      return match;
    },
    get size() {
      return size;
    },
  };
}

function emptyNode(): Node {
  return { children: null, star: null, rest: null, here: null };
}

function descend(node: Node, token: string): Node {
  if (token === '*') {
    node.star ??= emptyNode();
    return node.star;
  }
  node.children ??= new Map();
  let child = node.children.get(token);
  if (child === undefined) {
    child = emptyNode();
    node.children.set(token, child);
  }
  return child;
}

function collect(node: Node, tokens: string[], at: number, match: Match): void {
  if (at === tokens.length) {
    if (node.here !== null) for (const subscription of node.here) addToMatch(match, subscription);
    return;
  }
  if (node.rest !== null) for (const subscription of node.rest) addToMatch(match, subscription);
  const child = node.children?.get(tokens[at] as string);
  if (child !== undefined) collect(child, tokens, at + 1, match);
  if (node.star !== null) collect(node.star, tokens, at + 1, match);
}

/** Removes it below `node` and drops the branches that became empty; true when it was there. */
function removeAt(node: Node, tokens: string[], at: number, subscription: Subscription): boolean {
  if (at === tokens.length) {
    const found = node.here?.delete(subscription) === true;
    if (node.here?.size === 0) node.here = null;
    return found;
  }
  const token = tokens[at] as string;
  if (token === '>' && at === tokens.length - 1) {
    const found = node.rest?.delete(subscription) === true;
    if (node.rest?.size === 0) node.rest = null;
    return found;
  }
  const child = token === '*' ? node.star : node.children?.get(token);
  if (child === undefined || child === null) return false;
  const found = removeAt(child, tokens, at + 1, subscription);
  if (isEmpty(child)) {
    if (token === '*') node.star = null;
    else node.children?.delete(token);
    if (node.children?.size === 0) node.children = null;
  }
  return found;
}

function isEmpty(node: Node): boolean {
  return node.children === null && node.star === null && node.rest === null && node.here === null;
}
