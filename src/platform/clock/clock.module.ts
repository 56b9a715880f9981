import { Global, Module } from '@nestjs/common';
import { Clock, Random, SystemClock, SystemRandom } from './clock.js';

/** Time and randomness, replaced in tests. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Random, useClass: SystemRandom },
  ],
  exports: [Clock, Random],
})
export class ClockModule {}
