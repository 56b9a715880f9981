import { decideSend } from '../dispatch/decide-send.js';
import { assertNever } from '../values/result.js';
import type { ExplanationFacts, QueuedDelivery } from './explanation-facts.js';
import { standingGate, type Gate } from './gate.js';

/** The gates that a person, or the program's operator, opens. */
export function standingGates(facts: ExplanationFacts, queue: QueuedDelivery): readonly Gate[] {
  return [
    processingGate(facts),
    scheduleGate(facts, queue),
    cancelGate(facts, queue),
    channelGate(facts),
    ...sendGates(facts),
  ];
}

export function processingGate({ isProcessing }: ExplanationFacts): Gate {
  return standingGate('PROCESSING_OFF', !isProcessing, 'Nothing is sent at present: no process that sends is running.');
}

function scheduleGate({ schedule }: ExplanationFacts, queue: QueuedDelivery): Gate {
  if (schedule.status !== 'PAUSED' && queue.waitReason === 'paused') {
    return standingGate('SCHEDULE_PAUSED', true, 'Its schedule was paused, and is going on: the delivery follows.');
  }
  const closed = 'Its schedule is paused: it waits until a person resumes the schedule.';
  return standingGate('SCHEDULE_PAUSED', schedule.status === 'PAUSED', closed, 'Its schedule is not paused.');
}

function cancelGate({ schedule }: ExplanationFacts, queue: QueuedDelivery): Gate {
  if (queue.cancelRequested) return standingGate('CANCELLED', true, 'It is being cancelled.');
  const closed = 'Its schedule was cancelled: it will not be sent.';
  return standingGate('CANCELLED', schedule.status === 'CANCELLED', closed);
}

function channelGate({ channel: { status, statusReason } }: ExplanationFacts): Gate {
  const because = statusReason === null ? '' : ` (${withoutStop(statusReason)})`;
  switch (status) {
    case 'ACTIVE':
      return standingGate('CHANNEL_PAUSED', false, '', 'The channel is active.');
    case 'PAUSED': {
      const closed = `The channel is paused${because}: it waits until a person resumes the channel.`;
      return standingGate('CHANNEL_PAUSED', true, closed);
    }
    case 'DISCONNECTED': {
      const closed = `The channel is disconnected${because}: it waits until the channel is connected and resumed.`;
      return standingGate('CHANNEL_DISCONNECTED', true, closed);
    }
    default:
      return assertNever(status);
  }
}

/** What the contact and the message would make of it now, decided as a dispatcher decides it. */
function sendGates({ contact, message, delivery, schedule }: ExplanationFacts): readonly Gate[] {
  const decision = decideSend(contact, message, delivery.variation, schedule.useNicknames);
  switch (decision.kind) {
    case 'send':
      return [];
    case 'suppress':
      return [standingGate(decision.code, true, `${decision.message} It will not be sent.`)];
    case 'fail': {
      const closed = `${decision.message} It fails when its turn comes, unless the contact or the message is mended.`;
      return [standingGate(decision.code, true, closed)];
    }
    case 'hold': {
      const closed = `${withoutStop(decision.message)}: it waits until a person activates the message.`;
      return [standingGate('MESSAGE_PAUSED', true, closed)];
    }
    default:
      return assertNever(decision);
  }
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
