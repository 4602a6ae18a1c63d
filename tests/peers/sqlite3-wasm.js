'use strict';
// As much of the npm package `sqlite3` as Sequelize asks for, on SQLite in WebAssembly: nothing to compile or download.
const fs = require('node:fs');
const sqlite = require('node-sqlite3-wasm');

// Byte 18 of a database in WAL mode is 2; see https://sqlite.org/fileformat2.html#file_format_version_numbers
function isWal(file) {
  if (!fs.existsSync(file)) return false;
  const header = Buffer.alloc(20);
  const descriptor = fs.openSync(file);
  fs.readSync(descriptor, header);
  fs.closeSync(descriptor);
  return header[18] === 2;
}

const bound = (values) => (typeof values === 'object' && !Array.isArray(values) ? { ...values } : undefined);

class Database {
  constructor(file, _mode, done) {
    // The package locks with a directory, which a killed process leaves behind. A test runs one peer on a file.
    fs.rmSync(`${file}.lock`, { recursive: true, force: true });
    const wal = isWal(file);
    this.database = new sqlite.Database(file);
    // There is no shared memory here; without it WAL works for one process.
    if (wal) this.database.exec('PRAGMA locking_mode = EXCLUSIVE');
    process.on('exit', () => this.close());
    setImmediate(done, null);
  }

  serialize(work) { work(); }

  all(sql, parameters, done) {
    this.#answer(() => ({ rows: this.database.all(sql, bound(parameters)) }), parameters, done);
  }

  run(sql, parameters, done) {
    this.#answer(() => {
      const { changes, lastInsertRowid } = this.database.run(sql, bound(parameters));
      return { changes, lastID: lastInsertRowid };
    }, parameters, done);
  }

  close(done) {
    if (this.database.isOpen) this.database.close();
    if (done) done(null);
  }

  #answer(work, parameters, done) {
    done = typeof parameters === 'function' ? parameters : done || (() => {});
    let result;
    try {
      result = work();
    } catch (error) {
      error.code = 'SQLITE_ERROR';
      if (/constraint failed/.test(error.message)) error.code = 'SQLITE_CONSTRAINT';
      return setImmediate(() => done.call({}, error));
    }
    setImmediate(() => done.call(result, null, result.rows));
  }
}

module.exports = { Database, OPEN_READWRITE: 2, OPEN_CREATE: 4 };
