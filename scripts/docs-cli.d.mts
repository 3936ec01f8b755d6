export function commandsPage(manifest: unknown, packageJson: unknown): string;
