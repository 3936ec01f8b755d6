/** Writes a state file: the same text for the same state, a line a field. */
import { stringify } from 'yaml';
import { type State, state } from './operator-fields.js';

const HEAD = `# A whole operator. Show what it would change with \`natsctl plan FILE\`, make it so with \`natsctl apply FILE\`.
# Keys are public keys; private ones stay in the keystore. What is not said is as it comes.
`;

export function stateDocument(content: State): unknown {
  return state.write(content);
}

export function writeState(content: State): string {
  // Quotes also what readers of YAML 1.1 would take for something else: yes, 0o17, 12:30.
  const options = { version: '1.2', compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false } as const;
  return `${HEAD}${stringify(stateDocument(content), options)}`;
}
