import { IDE_VERSION } from './ide-files.js';

/** Where the page's files are; a new version of any of them moves them all. */
export const IDE_FILES_PATH = '/graphql/ide';

const BASE = `${IDE_FILES_PATH}/${IDE_VERSION}`;

/** The page itself: nothing inline, so that the policy below can forbid inline scripts. */
export const IDE_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pontual GraphQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${BASE}/graphiql.css">
<script defer src="${BASE}/graphql-ws.js"></script>
<script defer src="${BASE}/ide.js"></script>
<script defer src="${BASE}/graphiql.js"></script>
<link rel="stylesheet" href="${BASE}/ide.css">
</head>
<body>
<noscript>This page needs JavaScript. Send queries with POST to /graphql instead.</noscript>
<div id="root"></div>
</body>
</html>
`;

const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-fA-F:]+\](:\d+)?$/;

/**
 * What the page may do: run its own scripts and talk to its own server. The editor sets styles from its script, which
 * cannot be allowed more narrowly. Not every browser counts a WebSocket to the same host as 'self', so it is named.
 */
export function idePolicy(host: string | undefined): string {
  const sockets = host !== undefined && HOST.test(host) ? ` ws://${host} wss://${host}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src 'self'${sockets}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
