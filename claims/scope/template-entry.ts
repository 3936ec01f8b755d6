import { NatsctlError } from '../errors.js';
import type { TemplateErrorCode } from './template.js';

/** A function in a permission of a scope, with the text it was written as. */
export type TemplateFunction = { text: string } & (
  | { name: 'name' | 'subject' | 'account-name' | 'account-subject' }
  | { name: 'tag' | 'account-tag'; key: string }
);

/**
 * The pieces of a permission: text and functions, in order. Function names are read in any letter case, tag keys become
 * lower case as tags are.
 *
 * @throws ERR_TEMPLATE_SYNTAX, ERR_TEMPLATE_FUNCTION
 */
export function parseTemplateEntry(entry: string): (string | TemplateFunction)[] {
  const parts: (string | TemplateFunction)[] = [];
  let at = 0;
  for (;;) {
    const open = entry.indexOf('{{', at);
    const text = entry.slice(at, open === -1 ? undefined : open);
    if (text.includes('}}')) throw syntaxError(entry, 'it has `}}` without `{{`');
    if (text !== '') parts.push(text);
    if (open === -1) return parts;
    const close = entry.indexOf('}}', open);
    if (close === -1) throw syntaxError(entry, 'it has `{{` without `}}`');
    parts.push(parseFunction(entry, entry.slice(open, close + 2)));
    at = close + 2;
  }
}

function parseFunction(entry: string, text: string): TemplateFunction {
  const call = text.slice(2, -2).trim();
  if (/[{}]/.test(call) || call === '') throw syntaxError(entry, `${text} is no function`);
  const plain = /^(name|subject|account-name|account-subject)\(\)$/i.exec(call);
  if (plain !== null) return { text, name: plain[1]?.toLowerCase() as 'name' };
  const tag = /^(tag|account-tag)\(([^()]+)\)$/i.exec(call);
  if (tag !== null) return { text, name: tag[1]?.toLowerCase() as 'tag', key: (tag[2] ?? '').toLowerCase() };
  throw new NatsctlError<TemplateErrorCode>(
    'ERR_TEMPLATE_FUNCTION',
    `permission ${JSON.stringify(entry)} of the role names a function that does not exist: ${text}`,
    {
      hint: 'use name(), subject(), account-name(), account-subject(), tag(key) or account-tag(key)',
      details: { entry },
    },
  );
}

function syntaxError(entry: string, why: string): NatsctlError<TemplateErrorCode> {
  return new NatsctlError(
    'ERR_TEMPLATE_SYNTAX',
    `permission ${JSON.stringify(entry)} of the role cannot be read: ${why}`,
    {
      hint: 'write a function as {{name()}}',
      details: { entry },
    },
  );
}
