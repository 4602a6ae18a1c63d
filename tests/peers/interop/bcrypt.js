#!/usr/bin/env node
'use strict';
// What the bcrypt packages of npm make of a hash, or make as one.
//   {"library": "bcryptjs2", "do": "hash", "password": "…", "cost": 4}  ->  {"hash": "$2a$04$…"}
//   {"library": "bcrypt", "do": "compare", "password": "…", "hash": "…"}  ->  {"matches": true}
//   what the library refuses  ->  {"error": {"name": "Error", "message": "…"}}
// "library" is "bcryptjs2", "bcryptjs3" or "bcrypt". With "salt" ("$2y$04$" and 22 characters) in place of "cost" the
// hash is the same each time.
const answer = require('./answer');
const libraries = { bcryptjs2: require('bcryptjs2'), bcryptjs3: require('bcryptjs3'), bcrypt: require('bcrypt') };

answer(async (request) => {
  const library = libraries[request.library];
  if (!library) throw new answer.BadRequest(`unknown library: ${request.library}`);
  switch (request.do) {
    case 'hash': return { hash: await library.hash(request.password, request.salt || request.cost || 10) };
    case 'compare': return { matches: await library.compare(request.password, request.hash) };
    default: throw new answer.BadRequest(`neither hash nor compare: ${request.do}`);
  }
});
