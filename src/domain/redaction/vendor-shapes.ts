/**
 * Keys by the prefix their issuer documents. Lengths are lower bounds, a little under the documented ones, so that a key
 * whose end was cut off is one still.
 */
import { prefixed, type Shape } from './shape.ts'

/** Nothing of the kind goes on after it. */
const end = '(?![A-Za-z0-9])'

const cloud: readonly Shape[] = [
  prefixed('aws access key', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], `[A-Z2-7]{16}${end}`, 'AWS: IAM identifiers'),
  prefixed('google api key', ['AIza'], '[\\w-]{30,40}', 'Google Cloud: API keys'),
  prefixed('google oauth token', ['ya29.'], '[\\w-]{20,2000}', 'Google Identity: access tokens'),
  prefixed('google oauth secret', ['GOCSPX-'], '[\\w-]{20,60}', 'Google Identity: client secrets'),
  prefixed('google refresh token', ['1//0'], '[\\w-]{30,300}', 'Google Identity: refresh tokens'),
  prefixed('azure storage key', ['AccountKey='], '[A-Za-z0-9+/]{40,100}={0,2}', 'Azure Storage: connection strings'),
  prefixed('azure shared access signature', ['sig='], '[A-Za-z0-9%+/]{40,200}={0,2}', 'Azure Storage: SAS'),
  {
    kind: 'azure client secret',
    anchors: Array.from({ length: 10 }, (_, digit) => `${digit}Q~`),
    reach: 3,
    pattern: /[\w~.-]{3}\dQ~[\w~.-]{28,40}/dy,
    source: 'Microsoft Entra: application secrets',
  },
  prefixed('digitalocean token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], '[a-f0-9]{40,64}', 'DigitalOcean: API tokens'),
  prefixed('heroku key', ['HRKU-'], '[\\w-]{30,80}', 'Heroku: platform API'),
  prefixed('cloudflare origin key', ['v1.0-'], '[a-f0-9]{20,24}-[a-f0-9]{100,150}', 'Cloudflare: Origin CA'),
  prefixed('fly.io token', ['fm2_', 'FlyV1 fm'], '[\\w+/=,-]{30,2000}', 'Fly.io: access tokens'),
  prefixed('netlify token', ['nfp_'], '[A-Za-z0-9]{30,60}', 'Netlify: personal access tokens'),
  prefixed('databricks token', ['dapi'], `[a-f0-9]{32}(?:-\\d)?${end}`, 'Databricks: personal access tokens'),
  prefixed('planetscale secret', ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], '[\\w.=-]{30,80}', 'PlanetScale: API'),
  prefixed('supabase key', ['sbp_', 'sb_secret_'], '[\\w-]{30,60}', 'Supabase: API keys'),
  prefixed('pulumi token', ['pul-'], `[a-f0-9]{40}${end}`, 'Pulumi: access tokens'),
  {
    kind: 'terraform token',
    anchors: ['.atlasv1.'],
    reach: 14,
    pattern: /[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,80}/dy,
    source: 'HCP Terraform: API tokens',
  },
  prefixed('vault token', ['hvs.', 'hvb.', 'hvr.'], '[\\w-]{20,400}', 'HashiCorp Vault: tokens'),
  prefixed('doppler token', ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.'], '[\\w.-]{30,80}', 'Doppler: service tokens'),
  prefixed('tailscale key', ['tskey-'], '[\\w-]{16,120}', 'Tailscale: auth keys'),
  prefixed('1password token', ['ops_eyJ'], '[\\w+/=-]{40,2000}', '1Password: service accounts'),
  prefixed('age key', ['AGE-SECRET-KEY-1'], '[A-Z0-9]{40,60}', 'age: the format of identities'),
]

const models: readonly Shape[] = [
  prefixed('agentlab gateway token', ['sk-agentlab-'], '[\\w-]{40,60}', 'docs/tools.md: the token'),
  prefixed('anthropic key', ['sk-ant-'], '[\\w-]{16,300}', 'Anthropic: API keys and setup tokens'),
  prefixed('openrouter key', ['sk-or-v1-'], '[a-f0-9]{32,64}', 'OpenRouter: API keys'),
  prefixed('openai key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sess-'], '[\\w-]{20,300}', 'OpenAI: API keys'),
  prefixed('openai key', ['sk-'], `[A-Za-z0-9]{28,80}${end}`, 'OpenAI and those who speak its API: older keys'),
  prefixed('groq key', ['gsk_'], '[A-Za-z0-9]{30,80}', 'Groq: API keys'),
  prefixed('xai key', ['xai-'], '[A-Za-z0-9]{40,120}', 'xAI: API keys'),
  prefixed('perplexity key', ['pplx-'], '[A-Za-z0-9]{30,80}', 'Perplexity: API keys'),
  prefixed('hugging face token', ['hf_', 'api_org_'], `[A-Za-z]{30,50}${end}`, 'Hugging Face: user access tokens'),
  prefixed('replicate token', ['r8_'], '[A-Za-z0-9]{30,50}', 'Replicate: API tokens'),
  prefixed('langsmith key', ['lsv2_pt_', 'lsv2_sk_'], '[a-f0-9]{20,40}_[a-f0-9]{6,16}', 'LangSmith: API keys'),
  prefixed('elevenlabs key', ['sk_'], `[a-f0-9]{40,64}${end}`, 'ElevenLabs: API keys'),
]

const forges: readonly Shape[] = [
  prefixed('github token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], '[A-Za-z0-9_]{20,255}', 'GitHub: token formats'),
  prefixed('github token', ['github_pat_'], '[A-Za-z0-9_]{22,255}', 'GitHub: fine-grained tokens'),
  prefixed(
    'gitlab token',
    ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'glsoat-', 'glcbt-', 'gloas-', 'glffct-'],
    '[\\w.-]{16,300}',
    'GitLab: token prefixes',
  ),
  prefixed('atlassian token', ['ATATT3x', 'ATCTT3x', 'ATBB'], '[\\w=-]{24,300}', 'Atlassian: API tokens'),
  prefixed('npm token', ['npm_'], `[A-Za-z0-9]{30,40}${end}`, 'npm: access tokens'),
  prefixed('pypi token', ['pypi-AgE'], '[\\w-]{40,300}', 'PyPI: API tokens'),
  prefixed('rubygems key', ['rubygems_'], '[a-f0-9]{40,60}', 'RubyGems: API keys'),
  prefixed('cargo token', ['cio'], `[A-Za-z0-9]{32}${end}`, 'cargo: API tokens'),
  prefixed('nuget key', ['oy2'], `[a-z0-9]{43}${end}`, 'NuGet: API keys'),
  prefixed('docker token', ['dckr_pat_', 'dckr_oat_'], '[\\w-]{20,60}', 'Docker: access tokens'),
  prefixed('artifactory key', ['AKCp'], '[A-Za-z0-9]{60,90}', 'JFrog: API keys'),
  prefixed('buildkite token', ['bkua_', 'bkpt_'], '[a-f0-9]{36,64}', 'Buildkite: API tokens'),
  prefixed('circleci token', ['CCIPAT_', 'CCIPRJ_'], '[\\w]{30,100}', 'CircleCI: API tokens'),
  prefixed('sonarqube token', ['sqp_', 'squ_', 'sqa_'], `[a-f0-9]{40}${end}`, 'SonarQube: tokens'),
  prefixed('sourcegraph token', ['sgp_'], '[a-f0-9_]{40,80}', 'Sourcegraph: access tokens'),
]

const services: readonly Shape[] = [
  prefixed(
    'slack token',
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxe.', 'xapp-'],
    '[\\w.-]{16,300}',
    'Slack: token types',
  ),
  prefixed(
    'slack webhook',
    ['hooks.slack.com/'],
    '(?:services|workflows|triggers)/(?<s>[\\w/-]{20,200})',
    'Slack: incoming webhooks',
  ),
  prefixed('discord webhook', ['/api/webhooks/'], '\\d{10,25}/(?<s>[\\w-]{40,100})', 'Discord: webhooks'),
  {
    kind: 'telegram bot token',
    anchors: [':AA'],
    reach: 10,
    pattern: /\d{8,10}:AA[\w-]{32,34}(?![\w-])/dy,
    source: 'Telegram: the bot API',
  },
  prefixed('stripe key', ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'], '[A-Za-z0-9]{16,250}', 'Stripe: API keys'),
  prefixed('webhook secret', ['whsec_'], '[A-Za-z0-9+/=]{20,100}', 'Stripe: webhook signatures'),
  {
    kind: 'twilio key',
    anchors: Array.from('0123456789abcdef', digit => `SK${digit}`),
    pattern: /SK[a-f0-9]{32}(?![A-Za-z0-9])/dy,
    source: 'Twilio: API keys',
  },
  prefixed('sendgrid key', ['SG.'], '[\\w-]{16,32}\\.[\\w-]{20,60}', 'SendGrid: API keys'),
  prefixed('mailgun key', ['key-'], `[a-f0-9]{32}${end}`, 'Mailgun: API keys'),
  {
    kind: 'mailchimp key',
    anchors: ['-us'],
    reach: 32,
    pattern: /[a-f0-9]{32}-us\d{1,2}(?![A-Za-z0-9])/dy,
    source: 'Mailchimp: API keys',
  },
  prefixed('brevo key', ['xkeysib-', 'xsmtpsib-'], '[a-f0-9]{40,64}-[A-Za-z0-9]{10,20}', 'Brevo: API keys'),
  prefixed('resend key', ['re_'], '[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}', 'Resend: API keys'),
  prefixed('shopify token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], '[a-fA-F0-9]{28,64}', 'Shopify: access tokens'),
  prefixed('square token', ['sq0atp-', 'sq0csp-', 'sq0idp-'], '[\\w-]{20,60}', 'Square: access tokens'),
  prefixed('plaid token', ['access-sandbox-', 'access-production-'], '[a-f0-9-]{30,40}', 'Plaid: tokens'),
  prefixed('linear key', ['lin_api_', 'lin_oauth_'], '[A-Za-z0-9]{30,70}', 'Linear: API keys'),
  prefixed('notion token', ['ntn_', 'secret_'], `[A-Za-z0-9]{40,50}${end}`, 'Notion: integration tokens'),
  prefixed('figma token', ['figd_', 'figu_'], '[\\w-]{30,60}', 'Figma: personal access tokens'),
  prefixed('postman key', ['PMAK-'], '[a-f0-9]{20,24}-[a-f0-9]{28,34}', 'Postman: API keys'),
  prefixed('new relic key', ['NRAK-', 'NRII-', 'NRJS-', 'NRAL-'], '[\\w-]{18,40}', 'New Relic: API keys'),
  prefixed('grafana token', ['glsa_', 'glc_'], '[\\w+/=-]{30,400}', 'Grafana: service account tokens'),
  prefixed('sentry token', ['sntrys_', 'sntryu_'], '[\\w+/=-]{30,400}', 'Sentry: auth tokens'),
  {
    kind: 'airtable token',
    anchors: ['pat'],
    pattern: /pat[A-Za-z0-9]{14}\.[a-f0-9]{40,64}/dy,
    source: 'Airtable: personal access tokens',
  },
  prefixed('typeform token', ['tfp_'], '[\\w.=-]{40,70}', 'Typeform: personal tokens'),
  prefixed('dynatrace token', ['dt0c01.', 'dt0s01.'], '[A-Z0-9]{20,24}\\.[A-Z0-9]{40,64}', 'Dynatrace: token formats'),
  prefixed('dropbox token', ['sl.u.', 'sl.B'], '[\\w-]{60,2000}', 'Dropbox: OAuth'),
]

export const vendorShapes: readonly Shape[] = [...cloud, ...models, ...forges, ...services]
