import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';
import { ROLES, type Role } from '../roles.js';

registerEnumType(ROLES, { name: 'Role' });

@ObjectType('Tenant')
export class TenantType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => TimeZone)
  timeZone: string;

  @Field(() => String)
  defaultCountry: string;
}

@ObjectType('Viewer')
export class ViewerType {
  @Field(() => TenantType)
  tenant: TenantType;

  @Field(() => String, { description: "The API key's name." })
  name: string;

  @Field(() => ROLES)
  role: Role;
}

@ObjectType('ApiKey')
export class ApiKeyType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => ROLES)
  role: Role;

  @Field(() => String, { description: 'The first characters of the key, to tell keys apart.' })
  prefix: string;

  @Field(() => DateTime)
  createdAt: Date;

  @Field(() => DateTime, { nullable: true })
  lastUsedAt: Date | null;

  @Field(() => DateTime, { nullable: true })
  revokedAt: Date | null;
}

@ObjectType('CreatedApiKey', { description: 'key is shown this once.' })
export class CreatedApiKeyType {
  @Field(() => ApiKeyType)
  apiKey: ApiKeyType;

  @Field(() => String)
  key: string;
}
