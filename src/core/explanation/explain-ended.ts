import { assertNever } from '../values/result.js';
import type { ExplainedDelivery, ExplanationFacts } from './explanation-facts.js';
import type { ExplainedGate, GateKind } from './gate.js';
import { sinceText } from './time-text.js';

/** A delivery for which nothing more is done, or which is at the gateway: nothing that is waited for gives it an instant. */
export function explainEnded(facts: ExplanationFacts): {
  readonly summary: string;
  readonly gates: readonly ExplainedGate[];
} {
  const { delivery, schedule } = facts;
  const at = (us: number | null): string => (us === null ? '' : ` at ${sinceText(schedule.timeZone, us)}`);
  switch (delivery.state) {
    case 'pending':
    case 'claimed':
      // Between two statements of whoever moves it; the next look finds where it is.
      return { summary: 'It is being moved at this moment.', gates: [] };
    case 'sending':
      return notBlocked('AT_GATEWAY', `The gateway was called${at(delivery.calledAtUs)}; its answer is awaited.`);
    case 'sent':
      return { summary: `The gateway took it${at(delivery.sentAtUs)}.`, gates: [] };
    case 'delivered':
      return { summary: `The provider says that it was delivered${at(delivery.deliveredAtUs)}.`, gates: [] };
    case 'read':
      return { summary: `The provider says that it was read${at(delivery.readAtUs)}.`, gates: [] };
    case 'failed':
      return blocked('FAILED', `It failed${at(delivery.failedAtUs)}${attemptsText(delivery)}${becauseOf(delivery)}.`);
    case 'uncertain':
      return blocked(
        'UNCERTAIN',
        `Nobody knows whether the gateway took the call that began${at(delivery.calledAtUs)}${becauseOf(delivery)}; ` +
          'a status event, the late answer of the call or a person settles it.',
      );
    case 'cancelled':
      return blocked('CANCELLED', cancelledText(facts));
    case 'expired':
      return blocked('EXPIRED', expiredText(facts));
    case 'suppressed':
      return blocked(
        suppressionKind(delivery.errorCode),
        `${delivery.errorMessage ?? 'There was nobody to send it to.'} It was not sent.`,
      );
    default:
      return assertNever(delivery.state);
  }
}

function blocked(kind: GateKind, detail: string) {
  return { summary: detail, gates: [{ kind, blocking: true, untilUs: null, detail }] };
}

function notBlocked(kind: GateKind, detail: string) {
  return { summary: detail, gates: [{ kind, blocking: false, untilUs: null, detail }] };
}

function attemptsText({ attempt }: ExplainedDelivery): string {
  if (attempt === 0) return ' before any attempt';
  return ` after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}`;
}

/** ": HTTP_500: server error"; a code that says the same as the words around it is left out. */
function becauseOf({ errorCode, errorMessage, state }: ExplainedDelivery): string {
  const code = errorCode?.toLowerCase() === state ? null : errorCode;
  const parts = [code, errorMessage?.replace(/\.$/, '')].filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? '' : ` (${parts.join(': ')})`;
}

function cancelledText({ schedule, cancelledBy }: ExplanationFacts): string {
  if (cancelledBy !== null) {
    return `${cancelledBy.actor} cancelled it at ${sinceText(schedule.timeZone, cancelledBy.atUs)}.`;
  }
  return schedule.status === 'CANCELLED' ? 'It was cancelled with its schedule.' : 'A person cancelled it.';
}

function expiredText({ delivery, schedule }: ExplanationFacts): string {
  const due = sinceText(schedule.timeZone, delivery.dueAtUs);
  const { expiresAfterSeconds: seconds } = schedule;
  const limit =
    seconds === null ? 'in time' : `within ${seconds.toLocaleString('en-US')} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `It expired: it was due at ${due} and did not go ${limit}.`;
}

function suppressionKind(code: string | null): GateKind {
  return code === 'OPTED_OUT' || code === 'NO_ADDRESS' || code === 'CONTACT_DELETED' ? code : 'SUPPRESSED';
}
