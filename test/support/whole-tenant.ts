import type { TestApp } from './app.js';

/** One of everything that a tenant can have, by id. */
export type WholeTenant = {
  readonly contact: string;
  readonly group: string;
  readonly message: string;
  readonly channel: string;
  /** Waits for its time: it may be changed. */
  readonly schedule: string;
  /** Has run: it has the run and the delivery, to the contact through the channel. */
  readonly sentSchedule: string;
  readonly run: string;
  readonly delivery: string;
  readonly apiKey: string;
};
export type OwnedKind = keyof WholeTenant;

let made = 0;

/** Makes them through the API. Every text that a client may choose contains the word, so that it is found wherever it leaks. */
export async function makeWholeTenant(app: TestApp, key: string, word: string): Promise<WholeTenant> {
  made += 1;
  const name = `${word} ${made}`;
  const make = async (call: string, input: unknown, type: string, selection: string): Promise<Made> => {
    const data = await app.data<{ made: Made }>(
      `mutation ($input: ${type}) { made: ${call}(input: $input) { ${selection} } }`,
      { input },
      key,
    );
    return data.made;
  };
  const contact = await make(
    'createContact',
    {
      name,
      phone: `+55659${String(81_000_000 + made)}`,
      email: `${word}@example.com`,
      city: word,
      nicknames: [{ nickname: word }],
    },
    'CreateContactInput!',
    'id',
  );
  const group = await app.data<{ createContactGroup: Made }>(
    'mutation ($name: String!, $contactIds: [ID!]) { createContactGroup(name: $name, contactIds: $contactIds) { id } }',
    { name, contactIds: [contact.id] },
    key,
  );
  const message = await make('createMessage', { title: name, content: `${word} {nome}` }, 'CreateMessageInput!', 'id');
  const channel = await make('createChannel', { name, simulator: { seed: word } }, 'CreateChannelInput!', 'id');
  const schedule = await make(
    'createSchedule',
    {
      name,
      description: word,
      type: 'FUTURE',
      scheduledAt: new Date(Date.now() + 86_400_000).toISOString(),
      messageId: message.id,
      channelId: channel.id,
      targetContactIds: [contact.id],
      targetGroupIds: [group.createContactGroup.id],
      clientReference: `schedule of ${name}`,
    },
    'CreateScheduleInput!',
    'id',
  );
  const sent = await app.data<{ sendMessage: { schedule: Made; deliveries: (Made & { runId: string })[] } }>(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } deliveries { id runId } } }',
    {
      input: { content: word, contactIds: [contact.id], channelId: channel.id, clientMessageId: `message of ${name}` },
    },
    key,
  );
  const delivery = sent.sendMessage.deliveries[0] as Made & { runId: string };
  const { createApiKey } = await app.data<{ createApiKey: { apiKey: Made } }>(
    'mutation ($name: String!) { createApiKey(name: $name, role: VIEWER) { apiKey { id } } }',
    { name },
    key,
  );
  return {
    contact: contact.id,
    group: group.createContactGroup.id,
    message: message.id,
    channel: channel.id,
    schedule: schedule.id,
    sentSchedule: sent.sendMessage.schedule.id,
    run: delivery.runId,
    delivery: delivery.id,
    apiKey: createApiKey.apiKey.id,
  };
}

interface Made {
  readonly id: string;
}
