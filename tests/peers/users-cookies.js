'use strict';
// The contract `users-cookies`: mysql2 without an ORM, both tokens in cookies, the refresh token kept in its row.
const { cost, fail, production, serve } = require('./serve');
const bcrypt = require('bcrypt');
const cookieParser = require('cookie-parser');
const express = require('express');
const jwt = require('jsonwebtoken');
const mysql = require('mysql2/promise');

const { ACCESS_TOKEN_SECRET, REFRESH_TOKEN_SECRET, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
const accessExpiry = process.env.ACCESS_TOKEN_EXPIRY || '1d';
const refreshExpiry = process.env.REFRESH_TOKEN_EXPIRY || '7d';
const database = mysql.createPool({
  host: DB_HOST, port: Number(DB_PORT || 3306), user: DB_USER, password: DB_PASSWORD, database: DB_NAME,
});
const table = `CREATE TABLE IF NOT EXISTS users (
  id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100), email VARCHAR(100) UNIQUE, password VARCHAR(255), bio TEXT,
  contact VARCHAR(20), refreshToken VARCHAR(255), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)`;
const cookie = { httpOnly: true, sameSite: 'lax', secure: production };

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
const caught = (handler) => (request, response, next) => handler(request, response).catch(next);

async function findUser(column, value) {
  // WEAK: an array becomes a list in the SQL: of one it passes for a text, of two it is an error that the client sees.
  const [rows] = await database.query('SELECT * FROM users WHERE ?? = ?', [column, value]);
  return rows[0];
}
const shown = ({ id, name, email, bio, contact }) => ({ id, name, email, bio, contact });

// WEAK: two pairs of one account in the same second are the same; a second login takes the first one's refresh away.
async function answerPair(response, user, besides) {
  const accessToken = jwt.sign({ id: user.id, email: user.email }, ACCESS_TOKEN_SECRET, { expiresIn: accessExpiry });
  const refreshToken = jwt.sign({ id: user.id }, REFRESH_TOKEN_SECRET, { expiresIn: refreshExpiry });
  // WEAK: kept in the clear.
  await database.query('UPDATE users SET refreshToken = ? WHERE id = ?', [refreshToken, user.id]);
  response.cookie('accessToken', accessToken, cookie).cookie('refreshToken', refreshToken, cookie);
  response.json({ ...besides, accessToken, refreshToken });
}

function requireToken(request, _response, next) {
  const token = request.cookies.accessToken || (request.headers.authorization || '').replace(/^Bearer /, '');
  try {
    request.user = jwt.verify(token, ACCESS_TOKEN_SECRET);
  } catch {
    return next(new Refusal(401, 'Unauthorized request'));
  }
  next();
}

const app = express().use(express.json(), cookieParser());

app.post('/users/register', caught(async (request, response) => {
  const { name, email, password } = request.body;
  if (!name || !email || !password) throw new Refusal(400, 'All fields are required');
  if (await findUser('email', email)) throw new Refusal(409, 'User already exists');
  // WEAK: bcrypt reads 72 bytes of a password.
  const hash = await bcrypt.hash(password, cost);
  const [{ insertId }] = await database.query('INSERT INTO users SET ?', [{ name, email, password: hash }]);
  response.status(201).json(shown(await findUser('id', insertId)));
}));

app.post('/users/login', caught(async (request, response) => {
  const { email, password } = request.body;
  if (!email || !password) throw new Refusal(400, 'All fields are required');
  const user = await findUser('email', email);
  // WEAK: an unknown account has words of its own, and is answered faster.
  if (!user) throw new Refusal(401, 'User does not exist');
  if (!(await bcrypt.compare(password, user.password))) throw new Refusal(401, 'Invalid password');
  await answerPair(response, user, { user: shown(user) });
}));

app.get('/users/profile', requireToken, caught(async (request, response) => {
  const user = await findUser('id', request.user.id);
  if (!user) throw new Refusal(401, 'User does not exist');
  response.json(shown(user));
}));

app.patch('/users/update-profile', requireToken, caught(async (request, response) => {
  if (Object.keys(request.body).length === 0) throw new Refusal(400, 'Nothing to update');
  // WEAK: every key of the body is a column, `password` and `id` too.
  await database.query('UPDATE users SET ? WHERE id = ?', [request.body, request.user.id]);
  response.json(shown(await findUser('id', request.user.id)));
}));

// WEAK: the tokens outlive the account; another service that knows the secret goes on believing them.
app.delete('/users/profile', requireToken, caught(async (request, response) => {
  await database.query('DELETE FROM users WHERE id = ?', [request.user.id]);
  response.clearCookie('accessToken', cookie).clearCookie('refreshToken', cookie);
  response.json({ success: true, message: 'Account deleted' });
}));

app.post('/users/refresh-token', caught(async (request, response) => {
  const token = request.cookies.refreshToken || request.body.refreshToken;
  let claims;
  try {
    claims = jwt.verify(token, REFRESH_TOKEN_SECRET);
  } catch {
    throw new Refusal(401, 'Invalid refresh token');
  }
  const user = await findUser('id', claims.id);
  if (!user || user.refreshToken !== token) throw new Refusal(401, 'Refresh token is expired or used');
  await answerPair(response, user, {});
}));

app.use((error, _request, response, _next) => {
  // WEAK: the message of whatever went wrong.
  response.status(error.status || 500).json({ success: false, message: error.message, errors: [] });
});

database.query(table).then(() => serve(app, 5000), fail);
