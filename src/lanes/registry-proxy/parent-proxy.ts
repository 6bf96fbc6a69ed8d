/** The proxy through which the operator's own machine goes out, where there is one: read from the environment as curl does. */
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { Place } from './address.ts'
import { placeText } from './address.ts'

export interface ParentProxy {
  host: string
  port: number
  isTls: boolean
  /** Value of Proxy-Authorization, or null. Never leaves this machine but to that proxy. */
  authorization: string | null
}

/** The operator's proxy for a place, or null: none is set, it can't be read, or `NO_PROXY` names the place. */
export const parentProxyFor = (place: Place, env: Readonly<Record<string, string | undefined>>): ParentProxy | null => {
  const named = (name: string): string => env[name.toLowerCase()] || env[name] || ''
  const text = (place.port === 80 ? env.http_proxy || '' : named('HTTPS_PROXY')) || named('ALL_PROXY')
  const url = text.includes('://') ? text : `http://${text}`
  if (text === '' || !URL.canParse(url) || isExempt(place.host, named('NO_PROXY'))) return null
  const { protocol, hostname, port, username, password } = new URL(url)
  if (protocol !== 'http:' && protocol !== 'https:') return null
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    isTls: protocol === 'https:',
    authorization: username === '' ? null : `Basic ${Buffer.from(login).toString('base64')}`,
  }
}

const isExempt = (host: string, list: string): boolean =>
  list
    .split(',')
    .map(entry =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some(entry => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry}`))))

const maxAnswerBytes = 16 * 1024

const longestSilenceMs = 30_000

/** A tunnel to the place through the proxy. Rejects where the proxy says no, or nonsense, or nothing. */
export const tunnelThrough = (
  parent: ParentProxy,
  place: Place,
  silenceMs: number = longestSilenceMs,
): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket: Socket = parent.isTls
      ? tls.connect({ host: parent.host, port: parent.port, servername: parent.host })
      : net.connect({ host: parent.host, port: parent.port })
    const fail = (why: string): void => {
      socket.destroy()
      reject(new Error(why))
    }
    socket.setTimeout(silenceMs, () => fail('the proxy did not answer'))
    const login = parent.authorization === null ? '' : `Proxy-Authorization: ${parent.authorization}\r\n`
    socket.once(parent.isTls ? 'secureConnect' : 'connect', () =>
      socket.write(`CONNECT ${placeText(place)} HTTP/1.1\r\nHost: ${placeText(place)}\r\n${login}\r\n`),
    )
    let answer = ''
    const read = (chunk: Buffer): void => {
      answer += chunk.toString('latin1')
      const end = answer.indexOf('\r\n\r\n')
      if (end < 0) {
        if (answer.length > maxAnswerBytes) fail('the proxy gave no answer that can be read')
        return
      }
      socket.off('data', read)
      if (/^HTTP\/1\.[01] 200 /.test(answer)) {
        socket.setTimeout(0)
        socket.pause()
        const rest = Buffer.from(answer.slice(end + 4), 'latin1')
        if (rest.length > 0) socket.unshift(rest)
        resolve(socket)
      } else fail('the proxy refused')
    }
    socket.on('data', read)
    socket.once('error', error => reject(error))
    socket.once('close', () => reject(new Error('the proxy hung up')))
  })
