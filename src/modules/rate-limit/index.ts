export { RateLimitModule } from './rate-limit.module.js';
export { RateLimitService, type LimitedChannel, type RateLimitStatus } from './application/rate-limit.service.js';
export { LanesRepository, type Lane, type LaneKey } from './persistence/lanes.repository.js';
export { ContactRatesRepository } from './persistence/contact-rates.repository.js';
