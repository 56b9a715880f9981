/** The other half of global-setup.ts, which left what there is to stop on the process. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.pontualTestServer?.stop();
}
