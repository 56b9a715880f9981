import { Global, Module } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { readOrCreateEncryptionKey } from './encryption-key.js';
import { SecretBox } from './secret-box.js';

/** The key of this installation's secrets. */
@Global()
@Module({
  providers: [
    {
      provide: SecretBox,
      inject: [APP_CONFIG],
      useFactory: (config: AppConfig) => new SecretBox(readOrCreateEncryptionKey(config)),
    },
  ],
  exports: [SecretBox],
})
export class SecretsModule {}
