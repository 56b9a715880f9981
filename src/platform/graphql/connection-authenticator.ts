/** Says whether a WebSocket may be opened with the given Authorization value. */
export abstract class ConnectionAuthenticator {
  abstract mayConnect(authorization: string | undefined): Promise<boolean>;
}
