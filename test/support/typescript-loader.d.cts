export function resolveSources(): () => void;
export function compileSources(): void;
