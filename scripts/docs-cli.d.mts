export function commandsPage(manifest: unknown, packageJson: unknown): string;
export function servicePage(page: string, manifest: unknown): string;
