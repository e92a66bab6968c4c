// The peer: node-oidc-provider with the in-memory adapter that it ships, so it keeps nothing.
//
// It offers what the bench's own world offers: two APIs as resource indicators (opaque and ES256
// JWT), a service, a web application with a secret, and an API's client that introspects. ID tokens
// are ES256, as on the other side. Its development interactions are on because they are its sign-in
// and consent pages; they check no password, which is what the bench asks of both sides.
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import Provider from 'oidc-provider';

const [port, resource, secret, redirectUri] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const edKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });

const client = (client_id, rest) => ({
  client_id,
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [],
  response_types: [],
  grant_types: [],
  ...rest,
});

const provider = new Provider(issuer, {
  clients: [
    client('service', { grant_types: ['client_credentials'] }),
    client('api-opaque'),
    client('web', {
      redirect_uris: [redirectUri],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    }),
  ],
  // The same kinds of keys as on the other side, so that the key sets are alike.
  jwks: {
    keys: [
      { ...ecKey, alg: 'ES256', use: 'sig' },
      { ...rsaKey, alg: 'RS256', use: 'sig' },
      { ...edKey, alg: 'EdDSA', use: 'sig' },
    ],
  },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  scopes: ['openid', 'offline_access', 'profile', 'email'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: 'Bench User', email: `${sub}@example.com`, email_verified: true }),
  }),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, indicator) => {
        const format = indicator === `${resource}/es256` ? 'jwt' : 'opaque';
        return {
          scope: 'orders:read',
          audience: indicator,
          accessTokenTTL: 600,
          accessTokenFormat: format,
          ...(format === 'jwt' && { jwt: { sign: { alg: 'ES256' } } }),
        };
      },
    },
  },
  ttl: { AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 3600, Session: 3600 },
});

// Errors are shown: a run with errors is no run.
provider.on('server_error', (ctx, error) => console.error(error));

const server = provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
// Keep-alive connections must outlive the pauses between runs.
server.keepAliveTimeout = 120_000;
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
