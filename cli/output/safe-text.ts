/**
 * Text from outside (names in a pulled JWT, a service's message, a payload) shown on a terminal: what would move the cursor,
 * change colours, write the clipboard or turn the reading direction is shown as an escape instead.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** For one line: line breaks and tabs are escaped too. */
export function safeText(text: string): string {
  return text.replace(HARMFUL, escaped);
}

/** For a block: line breaks and tabs stay. */
export function safeBlock(text: string): string {
  return text.replace(HARMFUL, (one) => (one === '\n' || one === '\t' ? one : escaped(one)));
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
