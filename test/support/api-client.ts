/** A GraphQL client of a server somewhere: operations that must succeed. */
export interface ApiClient {
  data<Data>(query: string, variables?: Readonly<Record<string, unknown>>): Promise<Data>;
}

export function apiClient(url: string, key: string): ApiClient {
  return {
    data: async <Data>(query: string, variables: Readonly<Record<string, unknown>> = {}) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data: Data | null; errors?: unknown };
      if (answer.errors !== undefined || answer.data === null) {
        throw new Error(`the operation was refused: ${JSON.stringify(answer.errors)}`);
      }
      return answer.data;
    },
  };
}

/** Brazilian mobile numbers that exist as a form, one an index. */
export function phoneOf(index: number): string {
  return `+55659${String(80_000_000 + index)}`;
}

/** Puts `count` contacts, from number `first` on, into a new group; returns the group's id. */
export async function importAudience(api: ApiClient, name: string, count: number, first = 0): Promise<string> {
  const { createContactGroup: group } = await api.data<{ createContactGroup: { id: string } }>(
    'mutation ($name: String!) { createContactGroup(name: $name) { id } }',
    { name },
  );
  const lines = Array.from(
    { length: count },
    (_, index) => `Contato ${first + index},${phoneOf(first + index)},Cuiabá`,
  );
  const { importContacts: report } = await api.data<{
    importContacts: { created: number; updated: number; unchanged: number };
  }>(
    'mutation ($input: ImportContactsInput!) { importContacts(input: $input) { created updated unchanged rejected { line reason } } }',
    { input: { format: 'CSV', content: ['nome,telefone,cidade', ...lines].join('\n'), groupId: group.id } },
  );
  if (report.created + report.updated + report.unchanged !== count)
    throw new Error(`imported ${JSON.stringify(report)} of ${count}`);
  return group.id;
}

export interface WebhookChannel {
  readonly url: string;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  readonly idempotent?: boolean;
}

/** A WEBHOOK channel; without limits of its own it sends as fast as it can. */
export async function createWebhookChannel(
  api: ApiClient,
  webhook: WebhookChannel,
  rateLimit: Readonly<Record<string, number>> = { perMinute: 60_000, burst: 10_000, perContactPerMinute: 60_000 },
): Promise<string> {
  const { createChannel: channel } = await api.data<{ createChannel: { id: string } }>(
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
    { input: { name: 'Webhook', webhook, rateLimit } },
  );
  return channel.id;
}

/** Schedules a text to a group; returns the schedule's id. */
export async function createGroupSchedule(
  api: ApiClient,
  input: { readonly groupId: string; readonly channelId: string } & Readonly<Record<string, unknown>>,
): Promise<string> {
  const { groupId, ...rest } = input;
  const { createSchedule: schedule } = await api.data<{ createSchedule: { id: string } }>(
    'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }',
    {
      input: {
        name: 'Aviso',
        message: { title: 'Aviso', content: 'Olá {nome}' },
        targetGroupIds: [groupId],
        type: 'IMMEDIATE',
        ...rest,
      },
    },
  );
  return schedule.id;
}

/** Deliveries by status, and the schedule's own status. */
export interface Progress {
  readonly status: string;
  readonly statistics: Readonly<Record<string, number>>;
}

export async function progressOf(api: ApiClient, scheduleId: string): Promise<Progress> {
  const { schedule } = await api.data<{ schedule: Progress }>(
    `query ($id: ID!) { schedule(id: $id) { status statistics {
       total pending sending sent delivered read failed uncertain cancelled expired suppressed } } }`,
    { id: scheduleId },
  );
  return schedule;
}
