// Signs a user in with a stock OpenID client.
import * as oidc from 'openid-client'

import { Browser } from './support.js'

/** Signs somebody in with a stock client and returns its token response for these resources. */
export async function tokens(dev, resources, username = 'alice', scope = 'openid profile email offline_access orders:read') {
  const { client_id, client_secret, redirect_uris } = dev.client('web-app')
  const config = await oidc.discovery(
    new URL(dev.issuer), client_id, undefined, oidc.ClientSecretBasic(client_secret),
    { execute: [oidc.allowInsecureRequests] },
  )
  const verifier = oidc.randomPKCECodeVerifier()
  const expected = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() }
  const parameters = new URLSearchParams({
    redirect_uri: redirect_uris[0],
    scope,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: expected.expectedState,
    nonce: expected.expectedNonce,
  })
  for (const resource of resources) parameters.append('resource', resource)
  const url = oidc.buildAuthorizationUrl(config, parameters)
  const callback = await new Browser(dev.issuer).authorize(url, username)
  const response = await oidc.authorizationCodeGrant(config, callback, expected, { resource: resources[0] })
  return { config, response }
}
