import { isValidSubject } from '../../claims/subject/subject.js';
import { addToMatch, emptyMatch, type Interest, type Match } from './interest.js';
import type { Subscription } from './subscription.js';

/**
 * A run of tokens that no two subscriptions part within, and what stands behind it. Runs, not single tokens, because a tree
 * of tokens takes a hundred times the bytes of a SUB of two thousand tokens: a few of those would fill the memory.
 */
interface Node {
  /** The tokens from the parent to here; empty in the root only. */
  run: string[];
  /** By the first token of their runs, but for `*`. */
  children: Map<string, Node> | null;
  /** The child whose run starts with `*`. */
  star: Node | null;
  /** Subscriptions that end here with `>`. */
  rest: Set<Subscription> | null;
  /** Subscriptions that end here. */
  here: Set<Subscription> | null;
}

/** Subscriptions in a tree of tokens: a match costs the depth of the subject and the size of its answer. */
export function treeInterest(): Interest {
  const root = emptyNode([]);
  let size = 0;
  return {
    insert(subscription) {
      if (!isValidSubject(subscription.subject)) return false;
      const { tokens, rest } = tokensOf(subscription);
      const node = descend(root, tokens);
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
      const { tokens, rest } = tokensOf(subscription);
      if (removeAt(root, tokens, 0, rest, subscription)) size--;
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

function emptyNode(run: string[]): Node {
  return { run, children: null, star: null, rest: null, here: null };
}

/** The tokens before a closing `>`. */
function tokensOf({ subject }: Subscription): { tokens: string[]; rest: boolean } {
  const tokens = subject.split('.');
  const rest = tokens[tokens.length - 1] === '>';
  if (rest) tokens.pop();
  return { tokens, rest };
}

function childOf(node: Node, token: string): Node | null {
  return token === '*' ? node.star : (node.children?.get(token) ?? null);
}

function setChild(node: Node, child: Node): void {
  const token = child.run[0] as string;
  if (token === '*') {
    node.star = child;
    return;
  }
  node.children ??= new Map();
  node.children.set(token, child);
}

/** The node of exactly these tokens, made where there is none. */
function descend(root: Node, tokens: string[]): Node {
  let node = root;
  let at = 0;
  while (at < tokens.length) {
    let child = childOf(node, tokens[at] as string);
    if (child === null) {
      child = emptyNode(tokens.slice(at));
      setChild(node, child);
    } else {
      let same = 1;
      while (same < child.run.length && child.run[same] === tokens[at + same]) same++;
      if (same < child.run.length) child = split(node, child, same);
    }
    at += child.run.length;
    node = child;
  }
  return node;
}

/** Puts a node between: the first `count` tokens of the run lead to it, the others from it to the child. */
function split(parent: Node, child: Node, count: number): Node {
  const between = emptyNode(child.run.slice(0, count));
  child.run = child.run.slice(count);
  setChild(between, child);
  setChild(parent, between);
  return between;
}

function collect(node: Node, tokens: string[], at: number, match: Match): void {
  if (at === tokens.length) {
    if (node.here !== null) for (const subscription of node.here) addToMatch(match, subscription);
    return;
  }
  if (node.rest !== null) for (const subscription of node.rest) addToMatch(match, subscription);
  const child = node.children?.get(tokens[at] as string);
  if (child !== undefined && runFits(child.run, tokens, at)) collect(child, tokens, at + child.run.length, match);
  const { star } = node;
  if (star !== null && runFits(star.run, tokens, at)) collect(star, tokens, at + star.run.length, match);
}

/** Judges all tokens of a run but the first, by which its node was found. */
function runFits(run: string[], tokens: string[], at: number): boolean {
  if (at + run.length > tokens.length) return false;
  for (let i = 1; i < run.length; i++) if (run[i] !== '*' && run[i] !== tokens[at + i]) return false;
  return true;
}

/** Removes it below `node` and drops or joins the runs that are needed no longer; true when it was there. */
function removeAt(node: Node, tokens: string[], at: number, rest: boolean, subscription: Subscription): boolean {
  if (at === tokens.length) {
    const found = (rest ? node.rest : node.here)?.delete(subscription) === true;
    if (node.rest?.size === 0) node.rest = null;
    if (node.here?.size === 0) node.here = null;
    return found;
  }
  const child = childOf(node, tokens[at] as string);
  if (child === null || at + child.run.length > tokens.length) return false;
  for (let i = 1; i < child.run.length; i++) if (child.run[i] !== tokens[at + i]) return false;
  const found = removeAt(child, tokens, at + child.run.length, rest, subscription);
  if (found && child.rest === null && child.here === null) dropOrJoin(node, child);
  return found;
}

/** Of a child where nothing ends: gone when nothing comes behind it, one with its only child when there is just one. */
function dropOrJoin(node: Node, child: Node): void {
  const behind = (child.children?.size ?? 0) + (child.star === null ? 0 : 1);
  if (behind > 1) return;
  if (behind === 1) {
    const only = child.star ?? ([...(child.children?.values() ?? [])][0] as Node);
    child.run = [...child.run, ...only.run];
    child.children = only.children;
    child.star = only.star;
    child.rest = only.rest;
    child.here = only.here;
    return;
  }
  const token = child.run[0] as string;
  if (token === '*') node.star = null;
  else node.children?.delete(token);
  if (node.children?.size === 0) node.children = null;
}
