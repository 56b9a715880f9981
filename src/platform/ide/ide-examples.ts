/** One tab of the IDE as it is on the first visit. */
export interface IdeTab {
  readonly query: string;
  readonly variables?: string;
}

/**
 * A walk through the API. A variable in angle brackets is filled in by the page: `<contact>` with the id of what a tab
 * before named `contact`, `<in 30 seconds>` with that instant.
 */
export const IDE_TABS: readonly IdeTab[] = [
  {
    query: `# 1. Put your API key into the Headers below; the other
#    tabs take it from here. Then run this: somebody to
#    write to, a text, and a sender that only pretends.
mutation Create {
  contact: createContact(input: {
    name: "Ana Souza"
    phone: "(65) 98123-4567"
    city: "Cuiabá"
    nicknames: [{ nickname: "Aninha", isDefault: true }]
  }) {
    id
    name
    phone
  }
  message: createMessage(input: {
    title: "Reminder"
    content: "Olá {apelido}, até amanhã em {cidade}!"
    variations: [
      "Oi {apelido}! Até amanhã em {cidade}."
      "{apelido}, amanhã nos vemos em {cidade}."
    ]
  }) {
    id
    placeholders
  }
  channel: createChannel(input: {
    name: "Simulator"
    simulator: { latencyMs: 300, failureRate: 0 }
    rateLimit: { perMinute: 60, burst: 10 }
  }) {
    id
    status
  }
}
`,
  },
  {
    query: `# 2. Sends the message in 30 seconds. Run it, then
#    Watch. What stands in <> is filled in from the
#    tabs before; write your own instead if you like.
mutation Schedule(
  $contact: ID!
  $message: ID!
  $channel: ID!
  $at: DateTime!
) {
  schedule: createSchedule(input: {
    name: "First try"
    type: FUTURE
    scheduledAt: $at
    messageId: $message
    channelId: $channel
    targetContactIds: [$contact]
  }) {
    id
    status
    nextRunAt
    version
  }
}
`,
    variables: `{
  "contact": "<contact>",
  "message": "<message>",
  "channel": "<channel>",
  "at": "<in 30 seconds>"
}
`,
  },
  {
    query: `# 3. Every change of a delivery, as it happens.
#    The same button stops it.
subscription Watch {
  deliveryUpdated {
    at
    previousStatus
    status
    delivery {
      id
      content
      attempt
      errorMessage
      contact { name }
    }
  }
}
`,
  },
  {
    query: `# 4. Stops what is not at the gateway yet.
mutation Cancel($schedule: ID!) {
  schedule: cancelSchedule(id: $schedule) {
    id
    status
    statistics {
      total
      pending
      sent
      delivered
      read
      failed
      cancelled
    }
  }
}
`,
    variables: `{
  "schedule": "<schedule>"
}
`,
  },
  {
    query: `# 5. Queues what failed or expired once more.
mutation Retry($schedule: ID!) {
  schedule: retrySchedule(id: $schedule) {
    id
    status
    statistics {
      total
      pending
      sent
      failed
      uncertain
      expired
    }
  }
}
`,
    variables: `{
  "schedule": "<schedule>"
}
`,
  },
];
