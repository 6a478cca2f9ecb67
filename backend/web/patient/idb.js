/** IndexedDB with promises: opens a database once, and runs a piece of work in one transaction. */

const opened = new Map();

/** Wait for one request of a transaction. */
export function got(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * Run `work` in one transaction and return what it gave, once all of it is on the disk (`strict`) or handed over.
 *
 * `schema` is `{name, version, upgrade(db)}`; `work` gets the object stores by name and may wait only for `got(...)`.
 * When it throws, nothing of it is kept.
 */
export async function transact(schema, names, mode, work, { strict = false } = {}) {
  const transaction = await begun(schema, names, mode, strict);
  const done = finished(transaction);
  done.catch(() => {}); // when `work` fails first, its own error is the one that is told
  let result;
  try {
    result = await work(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)])));
  } catch (error) {
    aborted(transaction);
    throw error;
  }
  await done;
  return result;
}

async function begun(schema, names, mode, strict) {
  const options = strict ? { durability: "strict" } : {};
  try {
    return (await database(schema)).transaction(names, mode, options);
  } catch (error) {
    // A phone closes databases of pages that slept long; a second opening is all it takes.
    if (!["InvalidStateError", "UnknownError"].includes(error?.name)) throw error;
    opened.delete(schema.name);
    return (await database(schema)).transaction(names, mode, options);
  }
}

function database(schema) {
  if (!opened.has(schema.name)) {
    const opening = open(schema);
    opened.set(schema.name, opening);
    opening.catch(() => opened.delete(schema.name));
  }
  return opened.get(schema.name);
}

function open({ name, version, upgrade }) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = ({ oldVersion }) => upgrade(request.result, oldVersion);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const db = request.result;
      // A newer app in another tab must be able to change the tables.
      db.onversionchange = () => {
        db.close();
        opened.delete(name);
      };
      db.onclose = () => opened.delete(name);
      resolve(db);
    };
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("aborted", "AbortError"));
  });
}

function aborted(transaction) {
  try {
    transaction.abort();
  } catch {
    // It was over already: a failed request had ended it.
  }
}
