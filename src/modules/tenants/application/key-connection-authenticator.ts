import { Injectable } from '@nestjs/common';
import { ConnectionAuthenticator } from '../../../platform/graphql/connection-authenticator.js';
import { AuthenticationService } from './authentication.service.js';

/** A WebSocket may be opened with any active key; each operation on it is checked again. */
@Injectable()
export class KeyConnectionAuthenticator extends ConnectionAuthenticator {
  constructor(private readonly authentication: AuthenticationService) {
    super();
  }

  async mayConnect(authorization: string | undefined): Promise<boolean> {
    return (await this.authentication.authenticate(authorization)) !== undefined;
  }
}
