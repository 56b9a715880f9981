import { startTestApp, type TestApp } from '../support/app.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

describe('the GraphQL page', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  const openPage = async () => {
    const response = await fetch(`${app.url}/graphql`, { headers: BROWSER });
    return { response, html: await response.text() };
  };
  const filesOf = (html: string) => [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!);

  it('opens for a browser at /graphql, under a policy that lets only its own scripts run', async () => {
    const { response, html } = await openPage();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).toContain(`connect-src 'self' ws://${new URL(app.url).host} `);
    expect(html).not.toMatch(/<script(?![^>]* src=)/);
  });

  it('needs nothing from anywhere else', async () => {
    const { html } = await openPage();
    expect(html).not.toMatch(/https?:|src="\/\/|href="\/\//);
    const css = filesOf(html).filter((path) => path.endsWith('.css'));
    expect(css).toHaveLength(2);
    for (const path of css) {
      const text = await (await fetch(`${app.url}${path}`)).text();
      expect(text.match(/url\((?!["']?data:)[^)]*\)|@import[^;]*/g)).toBeNull();
    }
  });

  it('has every file that it names, and its workers, packed and kept for ever', async () => {
    const { html } = await openPage();
    const files = filesOf(html);
    const folder = files[0]!.slice(0, files[0]!.lastIndexOf('/'));
    const workers = ['editorWorkerService', 'json', 'graphql'].map((name) => `${folder}/${name}.worker.js`);
    for (const path of [...files, ...workers]) {
      const response = await fetch(`${app.url}${path}`, { headers: { 'accept-encoding': 'gzip' } });
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(response.headers.get('content-type')).toBe(
        path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
      );
      expect((await response.text()).length).toBeGreaterThan(50);
    }
  });

  it('gives a client that cannot unpack the same text', async () => {
    const path = filesOf((await openPage()).html).find((name) => name.endsWith('ide.js'))!;
    const [plain, packed] = await Promise.all(
      ['identity', 'gzip'].map((encoding) => fetch(`${app.url}${path}`, { headers: { 'accept-encoding': encoding } })),
    );
    expect(plain!.headers.get('content-encoding')).toBeNull();
    expect(await plain!.text()).toBe(await packed!.text());
  });

  it.each(['/graphql/ide/0/ide.js', '/graphql/ide/0/..%2f..%2fpackage.json', '/graphql/ide/x'])(
    'has no %s',
    async (path) => {
      expect((await fetch(`${app.url}${path}`)).status).toBe(404);
    },
  );

  it('leaves queries over GET and POST to the API', async () => {
    const get = await fetch(`${app.url}/graphql?query={__typename}`, {
      headers: { accept: 'application/json', 'apollo-require-preflight': 'true' },
    });
    expect(await get.json()).toEqual({ data: { __typename: 'Query' } });
    const post = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { ...BROWSER, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(await post.json()).toEqual({ data: { __typename: 'Query' } });
  });
});

describe('the GraphQL page without introspection', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ INTROSPECTION: 'false' });
  });

  afterAll(() => app.close());

  it('is not there, and says so in plain words', async () => {
    const response = await fetch(`${app.url}/graphql`, { headers: BROWSER });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toContain('POST to /graphql');
  });
});
