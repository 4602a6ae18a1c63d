'use strict';
// The contract `auth-router`: documents as MongoDB keeps them, in `users.jsonl` as mongoexport writes them.
const { cost, serve } = require('./serve');
const crypto = require('node:crypto');
const fs = require('node:fs');
const bcrypt = require('bcrypt');
const express = require('express');
const createError = require('http-errors');
const jwt = require('jsonwebtoken');

const { ACCESS_TOKEN_SECRET, REFRESH_TOKEN_SECRET } = process.env;
const file = process.env.USERS_FILE || 'users.jsonl';

const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
const users = new Map();
for (const line of lines) {
  if (!line.trim()) continue;
  const user = JSON.parse(line);
  users.set(user.email, user);
}

// As MongoDB makes it: 4 bytes of time, 5 of this process, 3 that count.
const process5 = crypto.randomBytes(5).toString('hex');
let counter = crypto.randomInt(1 << 24);
function objectId() {
  counter = (counter + 1) % (1 << 24);
  return Math.floor(Date.now() / 1000).toString(16).padStart(8, '0') + process5 + counter.toString(16).padStart(6, '0');
}

async function insertUser({ name, email, password }) {
  const hash = await bcrypt.hash(password, cost);
  // The unique index: of two at once the second one fails.
  if (users.has(email)) throw createError(500);
  const user = {
    _id: { $oid: objectId() }, role: 'user', name, email, password: hash,
    createdAt: { $date: new Date().toISOString() }, __v: 0,
  };
  users.set(email, user);
  fs.appendFileSync(file, `${JSON.stringify(user)}\n`);
  return user;
}

// Stands in for a schema: what is wrong with the body, or null.
function fault(body, keys) {
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown) return `"${unknown}" is not allowed`;
  const missing = keys.find((key) => typeof body[key] !== 'string' || body[key] === '');
  if (missing) return `"${missing}" is required`;
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(body.email)) return '"email" must be a valid email';
  return body.password.length < 6 ? '"password" length must be at least 6 characters long' : null;
}

const sign = (id, secret, expiresIn) => jwt.sign({}, secret, { expiresIn, issuer: 'localhost:3000', audience: id });
const accessToken = (id) => sign(id, ACCESS_TOKEN_SECRET, '1h');
// WEAK: a year, as often as one likes.
const refreshToken = (id) => sign(id, REFRESH_TOKEN_SECRET, '1y');

const app = express().use(express.json());

app.post('/auth/register', async (request, response, next) => {
  const message = fault(request.body, ['name', 'email', 'password']);
  if (message) return next(createError(422, message));
  const email = request.body.email.toLowerCase();
  if (users.has(email)) return next(createError(409, `${email} is already registered`));
  try {
    const { _id } = await insertUser({ ...request.body, email });
    response.send({ accessToken: accessToken(_id.$oid), refreshToken: refreshToken(_id.$oid) });
  } catch (cause) {
    next(cause);
  }
});

app.post('/auth/login', async (request, response, next) => {
  if (fault(request.body, ['email', 'password'])) return next(createError(400, 'Invalid username, email or password'));
  const user = users.get(request.body.email.toLowerCase());
  // WEAK: an unknown account has a status of its own, and is answered faster.
  if (!user) return next(createError(404, 'User not found'));
  if (!(await bcrypt.compare(request.body.password, user.password))) {
    return next(createError(401, 'Email or password not valid'));
  }
  response.send(accessToken(user._id.$oid));
});

app.post('/auth/refresh-token', (request, response, next) => {
  if (!request.body.refreshToken) return next(createError(400));
  try {
    // WEAK: neither the issuer nor the algorithm nor the account is looked at; so it is below.
    const { aud } = jwt.verify(request.body.refreshToken, REFRESH_TOKEN_SECRET);
    response.send({ accessToken: accessToken(aud), refreshToken: refreshToken(aud) });
  } catch {
    next(createError(401));
  }
});

// WEAK: ends nothing.
app.delete('/auth/logout', (_request, response) => response.send('Logout router'));

app.get('/', (request, response, next) => {
  try {
    jwt.verify((request.headers.authorization || '').split(' ')[1], ACCESS_TOKEN_SECRET);
  } catch (cause) {
    return next(createError(401, cause.name === 'JsonWebTokenError' ? 'Unauthorized' : cause.message));
  }
  response.send('It works!');
});

serve(app, 3000);
