'use strict';
// JSON from stdin, JSON to stdout: one request or an array of them, one answer or an array in the same order.
const fs = require('node:fs');

// What a library refuses is an answer; what cannot be a request ends the script with 2.
module.exports = async (answer) => {
  const one = async (request) => {
    try {
      return await answer(request);
    } catch (cause) {
      if (cause instanceof module.exports.BadRequest) throw cause;
      return { error: { name: cause.name, message: cause.message } };
    }
  };
  try {
    const input = JSON.parse(fs.readFileSync(0, 'utf8'));
    const output = Array.isArray(input) ? await Promise.all(input.map(one)) : await one(input);
    process.stdout.write(`${JSON.stringify(output)}\n`);
  } catch (cause) {
    process.stderr.write(`${cause.message}\n`);
    process.exitCode = 2;
  }
};

module.exports.BadRequest = class BadRequest extends Error {};
