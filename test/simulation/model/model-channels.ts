import type { ChannelSendingProfile } from '../../../src/modules/channels/index.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import { run } from './model-database.js';
import { TENANT, type ModelChannel } from './model-rows.js';

/** What the dispatcher asks of channels. */
export class ModelChannels {
  sendingProfiles(sql: Sql, channelIds: readonly string[]): Promise<ChannelSendingProfile[]> {
    return run(sql, (statement, { tables }) =>
      channelIds.flatMap((id): ChannelSendingProfile[] => {
        const channel = statement.get(tables.channels, id);
        if (!channel) return [];
        const { version, status, timeZone } = channel;
        return [
          {
            tenantId: TENANT,
            id,
            version,
            gateway: 'SIMULATOR',
            status,
            settings: {},
            rate: channel,
            timeZone,
            problem: null,
          },
        ];
      }),
    );
  }

  /** ACTIVE → PAUSED. */
  openCircuit(sql: Sql, _tenantId: string, channelId: string): Promise<boolean> {
    return run(sql, async (statement, { tables }) => {
      const paused = await statement.update(
        tables.channels,
        [channelId],
        (row) => row.status === 'ACTIVE',
        (row): ModelChannel => ({ ...row, status: 'PAUSED', version: row.version + 1 }),
      );
      return paused.length === 1;
    });
  }
}
