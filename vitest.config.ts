import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/closing-line.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    globalSetup: ['test/installed-binary.ts'],
    reporters: [['default', { summary: false }], new ClosingLine()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
