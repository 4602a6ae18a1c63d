'use strict';
// What every peer shares: the `.env` of the working directory, the cost of a hash, and how it listens and ends.
require('dotenv').config();

exports.cost = Number(process.env.BCRYPT_COST || 10);
exports.production = process.env.NODE_ENV === 'production';

process.on('SIGTERM', () => process.exit(0));

exports.fail = (error) => {
  console.error(error);
  process.exit(1);
};

// A reader of stdout may go away after this line; nothing else is written there.
exports.serve = (app, defaultPort) => {
  const server = app.listen(Number(process.env.PORT || defaultPort), '127.0.0.1');
  server.on('listening', () => console.log(`listening on ${server.address().port}`));
  server.on('error', exports.fail);
};
