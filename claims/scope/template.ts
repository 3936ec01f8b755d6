import { NatsctlError } from '../errors.js';
import { isValidSubject } from '../subject/subject.js';
import type { Permission, UserPermissionLimits } from '../types.js';
import { parseTemplateEntry, type TemplateFunction } from './template-entry.js';

export type TemplateErrorCode =
  /** A `{{` without its `}}`, or something else between them than a function. */
  | 'ERR_TEMPLATE_SYNTAX'
  /** There is no such function. */
  | 'ERR_TEMPLATE_FUNCTION'
  /** A deny entry names a tag that is not there, or a value that must not stand in a subject. */
  | 'ERR_TEMPLATE_VALUE'
  /** It would become more subjects than MAX_EXPANSIONS, or more text than MAX_EXPANDED_CHARACTERS. */
  | 'ERR_TEMPLATE_TOO_MANY';

/** Whose names and tags fill the template of a scoped signing key. */
export interface TemplateContext {
  user: { name: string; key: string; tags: readonly string[] };
  account: { name: string; key: string; tags: readonly string[] };
}

/** Subjects one list may become (nats-server `maxPermTemplateSubjectExpansions`, 2026-03-06). */
export const MAX_EXPANSIONS = 4096;
/** Text one list may become: subjects of 256 characters on average. */
export const MAX_EXPANDED_CHARACTERS = MAX_EXPANSIONS * 256;

/**
 * Fills the template of a scoped signing key for one user. What is filled in must be plain (`isPlainValue`): a user named
 * `*` would otherwise widen its own permissions. Where a value is missing or not plain, an allow entry is dropped and a
 * deny entry refuses the user; an allow list that loses all its entries becomes `deny >`. How much comes out is counted
 * before anything is built.
 *
 * Once a list has a function, each entry of it must be a plain subject, so entries with a queue group are dropped from an
 * allow list and refuse the user in a deny list, as on nats-server.
 *
 * @throws ERR_TEMPLATE_SYNTAX, ERR_TEMPLATE_FUNCTION, ERR_TEMPLATE_VALUE, ERR_TEMPLATE_TOO_MANY
 */
export function expandTemplate(template: UserPermissionLimits, context: TemplateContext): UserPermissionLimits {
  const indexed = { ...context, userTags: indexTags(context.user.tags), accountTags: indexTags(context.account.tags) };
  return {
    ...template,
    pub: expandPermission(template.pub, indexed),
    sub: expandPermission(template.sub, indexed),
  };
}

/**
 * True for text that may be filled into a token of a subject: no dot, wildcard, brace, white space, control or format
 * character, and not longer than any sensible token.
 */
export function isPlainValue(value: string): boolean {
  return value !== '' && value.length <= MAX_VALUE_LENGTH && !NOT_PLAIN.test(value);
}

const MAX_VALUE_LENGTH = 256;
const MAX_KEY_COLONS = 8;
const NOT_PLAIN = /[.*>{}\s\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Surrogate}]/u;

interface IndexedContext extends TemplateContext {
  userTags: Map<string, string[]>;
  accountTags: Map<string, string[]>;
}

function expandPermission(permission: Permission, context: IndexedContext): Permission {
  const allow = expandList(permission.allow, 'allow', context);
  const deny = expandList(permission.deny, 'deny', context);
  if (permission.allow.length > 0 && allow.length === 0) deny.push('>');
  return { allow, deny };
}

function expandList(list: readonly string[], kind: 'allow' | 'deny', context: IndexedContext): string[] {
  if (!list.some((entry) => entry.includes('{{') || entry.includes('}}'))) return [...list];
  const entries = list.map((entry) => ({ entry, ...fill(entry, context) }));
  refuseTooMuch(entries);

  const expanded: string[] = [];
  for (const { entry, parts, slots } of entries) {
    if (kind === 'deny') for (const slot of slots) requirePlain(entry, slot);
    for (const chosen of combinations(slots.map((slot) => slot.values.filter(isPlainValue)))) {
      const subject = parts.map((part) => (typeof part === 'string' ? part : chosen[part])).join('');
      if (isValidSubject(subject)) expanded.push(subject);
      else if (kind === 'deny') throw valueError(entry, `it becomes ${quote(subject)}, which is no subject`);
    }
  }
  return expanded;
}

/** A function of an entry, and what it stands for. */
interface Slot {
  f: TemplateFunction;
  values: string[];
  /** How often it occurs in the entry; all occurrences take the same value. */
  uses: number;
}

interface Filled {
  /** Text, or the number of a slot. */
  parts: (string | number)[];
  slots: Slot[];
}

function fill(entry: string, context: IndexedContext): Filled {
  const slots: Slot[] = [];
  const byText = new Map<string, number>();
  const parts = parseTemplateEntry(entry).map((part) => {
    if (typeof part === 'string') return part;
    let at = byText.get(part.text);
    if (at === undefined) {
      at = slots.push({ f: part, values: valuesOf(part, context), uses: 0 }) - 1;
      byText.set(part.text, at);
    }
    const slot = slots[at];
    if (slot !== undefined) slot.uses++;
    return at;
  });
  return { parts, slots };
}

function valuesOf(f: TemplateFunction, context: IndexedContext): string[] {
  const { user, account } = context;
  switch (f.name) {
    case 'name':
      return [user.name];
    case 'subject':
      return [user.key];
    case 'account-name':
      return [account.name];
    case 'account-subject':
      return [account.key];
    case 'tag':
      return context.userTags.get(f.key) ?? [];
    case 'account-tag':
      return context.accountTags.get(f.key) ?? [];
  }
}

/** Counts as nats-server does, every occurrence of a function for itself, whether its values will do or not. */
function refuseTooMuch(entries: (Filled & { entry: string })[]): void {
  let subjects = 0;
  let characters = 0;
  for (const { entry, parts, slots } of entries) {
    let count = 1;
    for (const { values, uses } of slots) {
      for (let i = 0; i < uses && count <= MAX_EXPANSIONS; i++) count *= Math.max(values.length, 1);
    }
    subjects += count;
    if (subjects <= MAX_EXPANSIONS) characters += count * longestSubject(parts, slots);
    if (subjects > MAX_EXPANSIONS || characters > MAX_EXPANDED_CHARACTERS) {
      throw new NatsctlError<TemplateErrorCode>(
        'ERR_TEMPLATE_TOO_MANY',
        `a permission list of the role becomes more than ${MAX_EXPANSIONS} subjects for this user, or too much text, at ${quote(entry)}`,
        { hint: 'give the user or the account fewer values of the tags it names' },
      );
    }
  }
}

function longestSubject(parts: (string | number)[], slots: Slot[]): number {
  const text = parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? part.length : 0), 0);
  return slots.reduce((sum, { values, uses }) => {
    const longest = values.reduce((max, value) => (isPlainValue(value) ? Math.max(max, value.length) : max), 0);
    return sum + longest * uses;
  }, text);
}

/**
 * Tags read `key:value`, by key; a key may itself have colons. Built once, because a template may name as many keys as a
 * user has tags.
 */
function indexTags(tags: readonly string[]): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const tag of tags) {
    let colon = tag.indexOf(':');
    for (let colons = 0; colon !== -1 && colons < MAX_KEY_COLONS; colons++) {
      const key = tag.slice(0, colon);
      const values = index.get(key);
      if (values === undefined) index.set(key, [tag.slice(colon + 1)]);
      else values.push(tag.slice(colon + 1));
      colon = tag.indexOf(':', colon + 1);
    }
  }
  return index;
}

function requirePlain(entry: string, { f, values }: Slot): void {
  if (values.length === 0) throw valueError(entry, `${f.text} is not defined`);
  const bad = values.find((value) => !isPlainValue(value));
  if (bad !== undefined) {
    throw valueError(entry, `${f.text} is ${quote(bad)}, which must not stand in a subject`);
  }
}

/** One value of each list in every combination; the last list changes fastest. */
function combinations(lists: string[][]): string[][] {
  let all: string[][] = [[]];
  for (const list of lists) all = all.flatMap((chosen) => list.map((value) => [...chosen, value]));
  return all;
}

/** For a message: quoted, control characters escaped, not endless. */
function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}

function valueError(entry: string, why: string): NatsctlError<TemplateErrorCode> {
  return new NatsctlError('ERR_TEMPLATE_VALUE', `deny permission ${quote(entry)} cannot be filled in: ${why}`, {
    hint: 'set the tag, or change the name or tag to letters, digits, `_` and `-`, and issue the user anew',
    details: { entry },
  });
}
