/** One made-up secret of each shape, put together here so that no file of ours holds one that looks real. */

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const hexDigits = '0123456789abcdef'
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** `length` characters of `alphabet`, the same ones each time, without a pattern to the eye. */
const fill = (length: number, alphabet = letters, seed = 7): string => {
  let [text, state] = ['', seed]
  while (text.length < length) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += alphabet[(state >>> 8) % alphabet.length]
  }
  return text
}
const hex = (length: number): string => fill(length, hexDigits)

const armour = (name: string, body: string): string => `-----${'BEGIN'} ${name}-----\n${body}\n-----END ${name}-----`
const lines = (count: number): string =>
  Array.from({ length: count }, (_, line) => fill(64, letters, line + 1)).join('\n')
const jwt = `eyJ${fill(33)}.eyJ${fill(90)}.${fill(43)}`

/** The kind that is told, the secret, and what stands around it where the shape wants that. */
export const samples: readonly (readonly [kind: string, secret: string, around?: (secret: string) => string])[] = [
  ['aws access key', `AKIA${fill(16, upper)}`],
  ['aws access key', `ASIA${fill(16, upper)}`],
  ['secret by its name', fill(40), secret => `aws_secret_access_key = ${secret}`],
  ['google api key', `AIza${fill(35)}`],
  ['google oauth token', `ya29.${fill(120)}`],
  ['google oauth secret', `GOCSPX-${fill(28)}`],
  ['google refresh token', `1//0${fill(60)}`],
  ['azure storage key', `AccountKey=${fill(86)}==`],
  ['azure shared access signature', `sig=${fill(43)}%3D`],
  ['azure client secret', `${fill(3)}8Q~${fill(34)}`],
  ['digitalocean token', `dop_v1_${hex(64)}`],
  ['heroku key', `HRKU-${fill(60)}`],
  ['cloudflare origin key', `v1.0-${hex(24)}-${hex(146)}`],
  ['fly.io token', `fm2_${fill(200)}`],
  ['netlify token', `nfp_${fill(36)}`],
  ['databricks token', `dapi${hex(32)}`],
  ['planetscale secret', `pscale_tkn_${fill(43)}`],
  ['supabase key', `sbp_${hex(40)}`],
  ['pulumi token', `pul-${hex(40)}`],
  ['terraform token', `${fill(14)}.atlasv1.${fill(64)}`],
  ['vault token', `hvs.${fill(90)}`],
  ['doppler token', `dp.pt.${fill(43)}`],
  ['tailscale key', `tskey-auth-${fill(12)}-${fill(32)}`],
  ['1password token', `ops_eyJ${fill(300)}`],
  ['age key', `AGE-SECRET-KEY-1${fill(58, upper)}`],
  ['anthropic key', `sk-ant-api03-${fill(93)}-${fill(6)}AA`],
  ['anthropic key', `sk-ant-oat01-${fill(93)}`],
  ['agentlab gateway token', `sk-agentlab-${fill(43)}`],
  ['openrouter key', `sk-or-v1-${hex(64)}`],
  ['openai key', `sk-proj-${fill(120)}`],
  ['openai key', `sk-${fill(48)}`],
  ['groq key', `gsk_${fill(52)}`],
  ['xai key', `xai-${fill(80)}`],
  ['perplexity key', `pplx-${fill(48)}`],
  ['hugging face token', `hf_${fill(34, letters.slice(0, 52))}`],
  ['replicate token', `r8_${fill(37)}`],
  ['langsmith key', `lsv2_pt_${hex(32)}_${hex(10)}`],
  ['elevenlabs key', `sk_${hex(48)}`],
  ['github token', `ghp_${fill(36)}`],
  ['github token', `ghs_${fill(36)}`],
  ['github token', `github_pat_${fill(22)}_${fill(59)}`],
  ['gitlab token', `glpat-${fill(20)}`],
  ['gitlab token', `glrt-${fill(20)}`],
  ['atlassian token', `ATATT3x${fill(180)}`],
  ['npm token', `npm_${fill(36)}`],
  ['pypi token', `pypi-AgE${fill(150)}`],
  ['rubygems key', `rubygems_${hex(48)}`],
  ['cargo token', `cio${fill(32)}`],
  ['nuget key', `oy2${fill(43, letters.slice(0, 26))}`],
  ['docker token', `dckr_pat_${fill(27)}`],
  ['artifactory key', `AKCp${fill(69)}`],
  ['buildkite token', `bkua_${hex(40)}`],
  ['circleci token', `CCIPAT_${fill(22)}_${hex(40)}`],
  ['sonarqube token', `sqp_${hex(40)}`],
  ['sourcegraph token', `sgp_${hex(16)}_${hex(40)}`],
  ['slack token', `xoxb-${fill(12, '0123456789')}-${fill(12, '0123456789')}-${fill(24)}`],
  ['slack token', `xapp-1-${fill(11)}-${fill(13, '0123456789')}-${hex(64)}`],
  [
    'slack webhook',
    `services/T${fill(10)}/B${fill(10)}/${fill(24)}`.slice(9),
    secret => `https://hooks.slack.com/services/${secret}`,
  ],
  ['discord webhook', fill(68), secret => `https://discord.com/api/webhooks/${fill(18, '123456789')}/${secret}`],
  ['telegram bot token', `${fill(10, '123456789')}:AA${fill(33)}`],
  ['stripe key', `sk_live_${fill(24)}`],
  ['webhook secret', `whsec_${fill(32)}`],
  ['twilio key', `SK${hex(32)}`],
  ['sendgrid key', `SG.${fill(22)}.${fill(43)}`],
  ['mailgun key', `key-${hex(32)}`],
  ['mailchimp key', `${hex(32)}-us12`],
  ['brevo key', `xkeysib-${hex(64)}-${fill(16)}`],
  ['resend key', `re_${fill(8)}_${fill(24)}`],
  ['shopify token', `shpat_${hex(32)}`],
  ['square token', `sq0csp-${fill(43)}`],
  ['plaid token', `access-sandbox-${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`],
  ['linear key', `lin_api_${fill(40)}`],
  ['notion token', `ntn_${fill(46)}`],
  ['figma token', `figd_${fill(40)}`],
  ['postman key', `PMAK-${hex(24)}-${hex(34)}`],
  ['new relic key', `NRAK-${fill(27, upper)}`],
  ['grafana token', `glsa_${fill(32)}_${hex(8)}`],
  ['sentry token', `sntryu_${hex(64)}`],
  ['airtable token', `pat${fill(14)}.${hex(64)}`],
  ['typeform token', `tfp_${fill(59)}`],
  ['dynatrace token', `dt0c01.${fill(24, upper)}.${fill(64, upper)}`],
  ['dropbox token', `sl.u.${fill(130)}`],
  ['json web token', jwt],
  ['private key', armour('RSA PRIVATE KEY', lines(20))],
  ['private key', armour('OPENSSH PRIVATE KEY', lines(6))],
  ['private key', armour('RSA PRIVATE KEY', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${hex(32)}\n\n${lines(9)}`)],
  ['private key', armour('PGP PRIVATE KEY BLOCK', `Version: 2\n\n${lines(9)}\n=aB3d`)],
  ['password in a url', fill(14), secret => `postgres://app:${secret}@db.internal:5432/app`],
  ['authorization header', fill(44), secret => `Authorization: Basic ${secret}`],
  ['bearer token', fill(44), secret => `curl -H "X: bearer ${secret}"`],
  ['password of netrc', fill(12), secret => `machine example.org login bob password ${secret}`],
  ['basic auth', fill(40), secret => `{"auths":{"r":{"auth":"${secret}"}}}`],
  ['password on a command line', `${fill(10)}7x`, secret => `mysql --password ${secret}`],
  ['secret by its name', `${fill(12)}4`, secret => `DB_PASSWORD=${secret}`],
  ['secret by its name', `${fill(12)}4`, secret => `"clientSecret": "${secret}"`],
  ['secret by its name', `${fill(12)}4`, secret => `  api_key: '${secret}'`],
  ['secret by its name', `${fill(60)}`, secret => `client-key-data: ${secret}`],
]
