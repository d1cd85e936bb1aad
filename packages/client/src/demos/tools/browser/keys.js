// Key pairs that outlive the page and cannot leave the browser: not extractable, in IndexedDB.

/** @type {Promise<IDBDatabase>} */
const database = new Promise((resolve, reject) => {
  const opening = indexedDB.open('holdfast', 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('keys'))
  opening.addEventListener('success', () => resolve(opening.result))
  opening.addEventListener('error', () => reject(opening.error))
})

/** @param {IDBRequest} request @returns {Promise<any>} */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })

/** The pair of that name, made when it is first asked for. @param {string} name @returns {Promise<CryptoKeyPair>} */
export async function keyPair(name) {
  const store = async () => (await database).transaction('keys', 'readwrite').objectStore('keys')
  const kept = await done((await store()).get(name))
  if (kept) return kept
  const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])
  await done((await store()).put(pair, name))
  return pair
}
