import { Module } from '@nestjs/common';
import { RateLimitService } from './application/rate-limit.service.js';
import { ContactRatesRepository } from './persistence/contact-rates.repository.js';
import { LanesRepository } from './persistence/lanes.repository.js';

@Module({
  providers: [LanesRepository, ContactRatesRepository, RateLimitService],
  exports: [RateLimitService, LanesRepository, ContactRatesRepository],
})
export class RateLimitModule {}
