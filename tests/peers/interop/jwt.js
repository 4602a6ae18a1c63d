#!/usr/bin/env node
'use strict';
// What the npm package `jsonwebtoken` makes of a token, or makes as one.
//   {"do": "sign", "claims": {…}, "secret": "…", "options": {"expiresIn": "15m"}}  ->  {"token": "…"}
//   {"do": "verify", "token": "…", "secret": "…", "options": {"algorithms": ["HS256"]}}  ->  {"claims": {…}}
//   what the library refuses  ->  {"error": {"name": "TokenExpiredError", "message": "jwt expired"}}
// "library" is "jsonwebtoken" (9, the default) or "jsonwebtoken8"; options are the library's own.
const answer = require('./answer');
const libraries = { jsonwebtoken: require('jsonwebtoken'), jsonwebtoken8: require('jsonwebtoken8') };

answer((request) => {
  const library = libraries[request.library || 'jsonwebtoken'];
  if (!library) throw new answer.BadRequest(`unknown library: ${request.library}`);
  switch (request.do) {
    case 'sign': return { token: library.sign(request.claims, request.secret, request.options) };
    case 'verify': return { claims: library.verify(request.token, request.secret, request.options) };
    default: throw new answer.BadRequest(`neither sign nor verify: ${request.do}`);
  }
});
