/** What a connection's failure means, and what to do about it, from the code Node or OpenSSL gives it. Pure. */
import type { Upstream } from './grant.ts'
import type { ServerFailure } from './server-address.ts'

const ofTheNet: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ETIMEDOUT: 'no connection came about in time',
  EHOSTUNREACH: 'there is no way to that machine',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'its name leads nowhere',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
}

const ofTheCertificate: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority of its own',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not known here',
}

const ofTls: Record<string, { why: string; cure: string }> = {
  CERT_HAS_EXPIRED: { why: 'its certificate has expired', cure: 'Renew it on that machine.' },
  CERT_NOT_YET_VALID: { why: 'its certificate is not valid yet', cure: 'Check the clocks of both machines.' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    why: 'its certificate is for another name',
    cure: 'Write the name it is for as url, or make one for this name.',
  },
  EPROTO: { why: 'it does not speak TLS as it should', cure: 'See whether it speaks plain http.' },
  ERR_SSL_WRONG_VERSION_NUMBER: { why: 'it speaks no TLS there', cure: 'See whether it speaks plain http.' },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: { why: 'it speaks no TLS there', cure: 'See whether it speaks plain http.' },
}

/** Whether the failure is one of TLS, so that other certificates might help. */
export const isTlsFailure = (code: string): boolean =>
  code in ofTheCertificate || code in ofTls || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')

export const failureWords = (upstream: Pick<Upstream, 'name' | 'own'>, code: string): ServerFailure => {
  const trusted = ofTheCertificate[code]
  if (trusted !== undefined) {
    const said = upstream.own?.ca ?? null
    return {
      why: `${trusted} (${code})`,
      cure:
        said === null
          ? `If it is yours, trust its certificate for this server alone: ca: /absolute/file.pem beside its url, under name: ${upstream.name}`
          : `${said} does not hold the certificate it was signed with.`,
    }
  }
  const tls = ofTls[code]
  if (tls !== undefined) return { why: `${tls.why} (${code})`, cure: tls.cure }
  const known = ofTheNet[code]
  return { why: known === undefined ? code : `${known} (${code})`, cure: 'See that it runs: agentlab doctor' }
}
