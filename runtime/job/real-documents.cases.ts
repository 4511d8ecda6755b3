// Documents as they come out of real systems, in shape and in oddity: nested, wide, escaped, with big ids and odd whitespace. All
// names and values are made up.

export interface RealDocument {
  readonly text: string;
  /** Paths worth reading from it, absent ones too. */
  readonly paths: readonly string[];
}

export const REAL_DOCUMENTS: Readonly<Record<string, RealDocument>> = {
  'an event of a code host': {
    paths: [
      'id',
      'type',
      'actor',
      'actor.login',
      'repo.name',
      'payload',
      'payload.commits',
      'payload.size',
      'public',
      'org',
      'created_at',
    ],
    text: `{
  "id": "39481726650",
  "type": "PushEvent",
  "actor": {
    "id": 8812345,
    "login": "marta-k",
    "display_login": "marta-k",
    "gravatar_id": "",
    "url": "https://api.codehost.example/users/marta-k"
  },
  "repo": { "id": 551200871, "name": "marta-k/tide-tables", "url": "https://api.codehost.example/repos/marta-k/tide-tables" },
  "payload": {
    "repository_id": 551200871,
    "push_id": 18446744073709551615,
    "size": 2,
    "distinct_size": 2,
    "ref": "refs/heads/fix/\\"quoted\\"-branch",
    "commits": [
      {"sha": "0f3c9a5e", "author": {"email": "m@example.org", "name": "Márta K."}, "message": "Read tides\\n\\nCo-authored-by: Åsa \\u003ca@example.org\\u003e", "distinct": true},
      {"sha": "1b77d0aa", "author": {"email": "m@example.org", "name": "Márta K."}, "message": "Don't {break} [on] brackets", "distinct": true}
    ]
  },
  "public": true,
  "created_at": "2026-03-14T15:09:26Z"
}`,
  },
  'a message of a social network': {
    paths: [
      'id',
      'id_str',
      'text',
      'user.name',
      'user.followers_count',
      'entities.hashtags',
      'coordinates',
      'retweet_count',
      'lang',
      'timestamp_ms',
    ],
    text: String.raw`{"created_at":"Sat Mar 14 15:09:26 +0000 2026","id":1768912345678901234,"id_str":"1768912345678901234","text":"Sunrise \ud83c\udf05 over the \u201cold\u201d harbour\u2026 \/ 日の出 #sunrise","source":"\u003ca href=\"https:\/\/app.example\" rel=\"nofollow\"\u003eApp\u003c\/a\u003e","truncated":false,"in_reply_to_status_id":null,"user":{"id":44,"name":"O\u0027Neill 👩‍🚀","screen_name":"oneill_","verified":false,"followers_count":1207,"profile":{"banner":null,"colors":["#fff","#000"]}},"geo":null,"coordinates":{"type":"Point","coordinates":[-6.26031,53.349805]},"entities":{"hashtags":[{"text":"sunrise","indices":[44,52]}],"urls":[],"user_mentions":[]},"retweet_count":0,"favorite_count":3.0E0,"possibly_sensitive":false,"lang":"en","timestamp_ms":"1773500966123"}`,
  },
  'a call of product analytics': {
    paths: [
      'type',
      'event',
      'userId',
      'anonymousId',
      'properties.price',
      'properties.cart.items',
      'context.page.path',
      'context.campaign',
      'context.ip',
      'sentAt',
      'originalTimestamp',
    ],
    text: `{"type":"track","event":"Checkout Step Completed","anonymousId":"5f0d7c1e-9d55-4a7c-8b57-1f3a2f0ce111","userId":null,"messageId":"ajs-next-1773500966-77","properties":{"step":3,"price":129.9,"currency":"EUR","coupon":"","cart":{"id":"c-19","items":[{"sku":"A-1","qty":1,"price":99.90},{"sku":"B-2","qty":3,"price":1e1}]},"experiments":{}},"context":{"ip":"203.0.113.7","library":{"name":"analytics.js","version":"2.1.0"},"locale":"de-AT","page":{"path":"/kasse/zahlung","referrer":"","search":"?step=3&x=%20","title":"Zahlung – Laden","url":"https://shop.example/kasse/zahlung?step=3&x=%20"},"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","timezone":"Europe/Vienna"},"integrations":{"All":true},"originalTimestamp":"2026-03-14T15:09:26.123Z","sentAt":"2026-03-14T15:09:26.131Z"}`,
  },
  'an order of a shop': {
    paths: [
      'order.id',
      'order.customer.address.zip',
      'order.lines',
      'order.totals.grand',
      'order.totals',
      'order.flags.gift',
      'order.payments',
      'meta',
      'meta.retries',
      'missing.field',
    ],
    text: `\t{ "order" : { "id" : 900719925474099312345,
\t\t"customer" : { "name":"Zoë \\\\ Süß", "address" : { "street":"Weg\\t5", "zip":"01067", "geo":[51.05,13.73] }, "tags":["vip","b2b",""] },
\t\t"lines":[ {"sku":"x","qty":2,"price":{"amount":"19.99","currency":"EUR"},"options":[{"k":"size","v":"M"},{"k":"note","v":"a,b:{c}[d]"}]},
\t\t{"sku":"y","qty":0.5,"price":{"amount":"-0.00","currency":"EUR"},"options":[]} ],
\t\t"totals":{"net":33.6,"tax":-0,"grand":39.980000000000004,"rate":1.9E-1},
\t\t"flags":{"gift":false,"paid":true,"fraud":null}, "payments":[[],[[]],{}] },
\t"meta":{"retries":0,"trace":{"a":{"b":{"c":{"d":{"e":[{"f":{"g":[1,[2,[3,[4]]]]}}]}}}}}},"meta_":{"retries":9} }\r\n`,
  },
  'readings of a device': {
    paths: ['dev', 'ts', 'v', 'v.t', 'v.rh', 'q', 'fw', 'batch', 'loc'],
    text: '{"dev":"\\u0000\\u001fsensor-7","ts":1773500966123456789,"v":{"t":-12.75,"rh":4.2e1,"p":101325,"err":1e-400},"q":[0,1,1,2],"fw":"","batch":[{"ts":1,"v":{"t":1}},{"ts":2,"v":{"t":2}}],"loc":{}}',
  },
  'a change of a database row': {
    paths: ['before', 'after.id', 'after.amount', 'after', 'op', 'source.lsn', 'source.ts_ms', 'ts_ms', 'transaction'],
    text: '{"before":null,"after":{"id":1001,"amount":"MTIzNDU=","note":"line 1\\r\\nline 2","active":true,"ratio":0.30000000000000004},"source":{"version":"3.0","connector":"postgresql","ts_ms":1773500966001,"snapshot":"false","sequence":"[null,\\"24023128\\"]","lsn":24023128,"xmin":null},"op":"u","ts_ms":1773500966123,"transaction":null,"op":"c"}',
  },
};
