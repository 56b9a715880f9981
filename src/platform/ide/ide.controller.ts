import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Controller, Get, Header, Headers, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../config/app-config.js';
import { IDE_VERSION, ideFiles } from './ide-files.js';
import { IDE_FILES_PATH } from './ide-page.js';

/** The files of the IDE's page. */
@Controller(IDE_FILES_PATH)
export class IdeController {
  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  @Get(':version/:name')
  @Header('x-content-type-options', 'nosniff')
  async file(
    @Param('version') version: string,
    @Param('name') name: string,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer> {
    const file = this.config.introspection && version === IDE_VERSION ? (await ideFiles()).get(name) : undefined;
    if (!file) throw new NotFoundException();
    reply.headers({
      'content-type': file.type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    if (!/\bgzip\b/.test(encodings ?? '')) return promisify(gunzip)(file.gzipped);
    reply.header('content-encoding', 'gzip');
    return file.gzipped;
  }
}
