/**
 * A tar archive of small text files (POSIX.1-2001 ustar, with a pax header for names that ustar has no room for). Everything in
 * it is private: files 0600, owner 0.
 */
export interface TarEntry {
  /** With `/` between the parts. */
  path: string;
  content: string;
}

const BLOCK = 512;

export function tar(entries: Iterable<TarEntry>, modified: number): Buffer {
  const blocks: Buffer[] = [];
  for (const { path, content } of entries) {
    const name = Buffer.from(path, 'utf8');
    const plain = name.length <= 100 && name.every((byte) => byte < 0x80);
    if (!plain) {
      const record = paxRecord('path', path);
      blocks.push(header('pax', 'x', record.length, modified), padded(record));
    }
    const data = Buffer.from(content, 'utf8');
    blocks.push(header(plain ? path : 'file', '0', data.length, modified), padded(data));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(blocks);
}

function header(name: string, type: '0' | 'x', size: number, modified: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(name, 0, 'latin1');
  block.write(octal(0o600, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(size, 12), 124, 'latin1');
  block.write(octal(modified, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** `<length> path=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`, 'utf8');
  let length = rest + 1;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`, 'utf8');
}

function padded(data: Buffer): Buffer {
  const rest = data.length % BLOCK;
  return rest === 0 ? data : Buffer.concat([data, Buffer.alloc(BLOCK - rest)]);
}
