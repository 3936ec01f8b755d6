/** Writes a state file: the same text for the same state, a line a field. */
import { Document, visit } from 'yaml';
import { type State, state } from './operator-fields.js';

const HEAD = `# A whole operator. Show what it would change with \`natsctl plan FILE\`, make it so with \`natsctl apply FILE\`.
# Keys are public keys; private ones stay in the keystore. What is not said is as it comes.
`;

export function stateDocument(content: State): unknown {
  return state.write(content);
}

/** What a terminal obeys, or turns the reading direction: written as an escape, which only text in double quotes may have. */
const HARMFUL = /[\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function writeState(content: State): string {
  // `compat` quotes also what readers of YAML 1.1 would take for something else: yes, 0o17, 12:30.
  const document = new Document(stateDocument(content), {
    version: '1.2',
    compat: 'yaml-1.1',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && node.value.search(HARMFUL) >= 0) node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return HEAD + text.replace(HARMFUL, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
