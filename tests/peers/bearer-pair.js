'use strict';
// The contract `bearer-pair` as a team of 2024 would have built it: Sequelize on MySQL, both tokens in the body.
const { cost, fail, serve } = require('./serve');
const bcrypt = require('bcryptjs2');
const express = require('express');
const jwt = require('jsonwebtoken');
const { STRING, Sequelize } = require('sequelize');

const { ACCESS_TOKEN_SECRET, REFRESH_TOKEN_SECRET, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
const database = new Sequelize(DB_NAME, DB_USER, DB_PASSWORD, {
  host: DB_HOST, port: DB_PORT || 3306, dialect: 'mysql', logging: false,
});
const User = database.define('User', {
  username: { type: STRING, allowNull: false, unique: true },
  email: { type: STRING, allowNull: false, unique: true },
  password: { type: STRING, allowNull: false },
});

const tokenPair = (userId) => ({
  accessToken: jwt.sign({ userId }, ACCESS_TOKEN_SECRET, { expiresIn: '15m' }),
  refreshToken: jwt.sign({ userId }, REFRESH_TOKEN_SECRET, { expiresIn: '7d' }),
});

const app = express().use(express.json());

app.post('/register', async (request, response) => {
  // WEAK: without a password this rejects, nobody catches it, and the process ends.
  const password = await bcrypt.hash(request.body.password, cost);
  try {
    const created = await User.create({ username: request.body.username, email: request.body.email, password });
    // WEAK: the hash is in the answer.
    response.status(201).json(created);
  } catch (cause) {
    // WEAK: the database's own words.
    response.status(400).json({ error: cause.message });
  }
});

app.post('/login', async (request, response) => {
  const found = await User.findOne({ where: { email: request.body.email } });
  // WEAK: an unknown account has words of its own, and is answered faster.
  if (!found) return response.status(400).json({ error: 'User not found' });
  if (!(await bcrypt.compare(request.body.password, found.password))) {
    return response.status(400).json({ error: 'Invalid password' });
  }
  response.json(tokenPair(found.id));
});

// Added by the team. WEAK: a refresh token is good again and again until it expires, also for a deleted account.
app.post('/refresh', (request, response) => {
  if (!request.body.refreshToken) return response.sendStatus(401);
  try {
    response.json(tokenPair(jwt.verify(request.body.refreshToken, REFRESH_TOKEN_SECRET).userId));
  } catch {
    response.sendStatus(403);
  }
});

app.get('/protected', (request, response) => {
  const token = (request.headers.authorization || '').split(' ')[1];
  if (!token) return response.sendStatus(401);
  try {
    // WEAK: HS384 and HS512 pass as well, a token without `exp` is good for ever.
    jwt.verify(token, ACCESS_TOKEN_SECRET);
  } catch {
    return response.sendStatus(403);
  }
  response.send('This is a protected route');
});

database.sync().then(() => serve(app, 3000), fail);
