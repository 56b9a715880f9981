import { Module } from '@nestjs/common';
import { ContactsModule } from '../contacts/index.js';
import { MessagePreviewService } from './application/message-preview.service.js';
import { MessagesService } from './application/messages.service.js';
import { MessagesResolver } from './graphql/messages.resolver.js';
import { MessagesRepository } from './persistence/messages.repository.js';

@Module({
  imports: [ContactsModule],
  providers: [MessagesRepository, MessagesService, MessagePreviewService, MessagesResolver],
  exports: [MessagesService],
})
export class MessagesModule {}
