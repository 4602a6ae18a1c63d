'use strict';
// The contract `api-session`: Sequelize on SQLite (development) or PostgreSQL (production), a cookie and a CSRF token.
const { cost, fail, production, serve } = require('./serve');
const bcrypt = require('bcryptjs3');
const cookieParser = require('cookie-parser');
const cors = require('cors');
const csurf = require('csurf');
const express = require('express');
const helmet = require('helmet');
const jwt = require('jsonwebtoken');
const { DATE, INTEGER, Op, STRING, Sequelize, Validator } = require('sequelize');
require('express-async-errors');

const { DATABASE_URL, DB_FILE, JWT_SECRET, SCHEMA } = process.env;
const lifetime = parseInt(process.env.JWT_EXPIRES_IN || 604800, 10);
const lax = { secure: production, sameSite: production && 'Lax', httpOnly: true };

function connect() {
  if (!production) {
    const dialectModule = require('./sqlite3-wasm');
    return new Sequelize({ dialect: 'sqlite', storage: DB_FILE, dialectModule, logging: false });
  }
  // Such a backend speaks TLS with whatever certificate it meets; a test without TLS says so in the URL.
  const plain = DATABASE_URL.includes('sslmode=disable');
  return new Sequelize(DATABASE_URL.replace(/\?.*/, ''), {
    dialect: 'postgres', logging: false, define: { schema: SCHEMA },
    dialectOptions: { ssl: plain ? false : { require: true, rejectUnauthorized: false } },
  });
}

const database = connect();
const now = { type: DATE, allowNull: false, defaultValue: Sequelize.literal('CURRENT_TIMESTAMP') };
// What a migration made; in PostgreSQL the hash is a BYTEA.
const columns = {
  id: { type: INTEGER, allowNull: false, autoIncrement: true, primaryKey: true },
  username: { type: STRING(30), allowNull: false, unique: true },
  email: { type: STRING(256), allowNull: false, unique: true },
  hashedPassword: { type: STRING.BINARY, allowNull: false },
  createdAt: now,
  updatedAt: now,
};
const notAnEmail = (value) => {
  if (Validator.isEmail(value)) throw new Error('Username cannot be an email.');
};
const User = database.define('User', {
  username: { type: STRING, allowNull: false, validate: { len: [4, 30], notAnEmail } },
  email: { type: STRING, allowNull: false, validate: { len: [3, 256], isEmail: true } },
  hashedPassword: { type: STRING.BINARY, allowNull: false },
});

async function prepare() {
  await database.authenticate();
  if (production && !(await database.showAllSchemas({ logging: false })).includes(SCHEMA)) {
    await database.createSchema(SCHEMA, { logging: false });
  }
  await database.getQueryInterface().createTable('Users', columns, production ? { schema: SCHEMA } : {});
  if (process.env.SEED_DEMO_USERS) await seed();
}

// Rows that a seeder wrote have the database's own timestamps: in SQLite another text than Sequelize's.
async function seed() {
  const rows = [
    ['demo', 'Demo-lition', 'password'], ['user1', 'FakeUser1', 'password2'], ['user2', 'FakeUser2', 'password3'],
  ];
  if (await User.count({ where: { username: rows.map((row) => row[1]) } })) return;
  await database.getQueryInterface().bulkInsert(production ? { tableName: 'Users', schema: SCHEMA } : 'Users',
    rows.map(([mailbox, username, password]) => ({
      email: `${mailbox}@user.io`, username, hashedPassword: bcrypt.hashSync(password, cost),
    })));
}

const shown = ({ id, username, email }) => ({ id, username, email });
const refusal = (status, title, message, errors) => Object.assign(new Error(message), { status, title, errors });

// WEAK: personal data in the token, and a logout does not end it.
function logIn(response, user) {
  const token = jwt.sign({ data: shown(user) }, JWT_SECRET, { expiresIn: lifetime });
  response.cookie('token', token, { ...lax, maxAge: lifetime * 1000 });
}

async function restoreUser(request, response, next) {
  request.user = null;
  let claims;
  try {
    claims = jwt.verify(request.cookies.token, JWT_SECRET);
  } catch {
    if (request.cookies.token) response.clearCookie('token');
    return next();
  }
  request.user = await User.findByPk(claims.data.id);
  if (!request.user) response.clearCookie('token');
  next();
}

const app = express().use(cookieParser(), express.json());
if (!production) app.use(cors());
app.use(helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }), csurf({ cookie: lax }));

// WEAK: no Secure and no SameSite on this one.
app.get('/hello/world', (request, response) => {
  response.cookie('XSRF-TOKEN', request.csrfToken()).send('Hello World!');
});
app.get('/api/csrf/restore', (request, response) => {
  const token = request.csrfToken();
  response.cookie('XSRF-TOKEN', token).json({ 'XSRF-Token': token });
});

app.use('/api', restoreUser);

app.get('/api/session', (request, response) => response.json({ user: request.user && shown(request.user) }));

app.post('/api/session', async (request, response) => {
  const { credential, password } = request.body;
  const errors = {};
  if (!credential) errors.credential = 'Please provide a valid email or username.';
  if (!password) errors.password = 'Please provide a password.';
  if (Object.keys(errors).length) throw refusal(400, 'Bad Request', 'Bad Request', errors);
  const user = await User.findOne({ where: { [Op.or]: { username: credential, email: credential } } });
  // WEAK: an unknown account is answered faster, and the event loop stands still while a password is compared.
  if (!user || !bcrypt.compareSync(password, user.hashedPassword.toString())) {
    throw refusal(401, 'Login failed', 'Login failed', { credential: 'The provided credentials were invalid.' });
  }
  logIn(response, user);
  response.json({ user: shown(user) });
});

app.delete('/api/session', (_request, response) => response.clearCookie('token').json({ message: 'success' }));

app.post('/api/users', async (request, response) => {
  const { username, email, password } = request.body;
  if (!password || password.length < 6) {
    throw refusal(400, 'Bad Request', 'Bad Request', { password: 'Password must be 6 characters or more.' });
  }
  const user = await User.create({ username, email, hashedPassword: bcrypt.hashSync(password, cost) });
  logIn(response, user);
  response.status(201).json({ user: shown(user) });
});

app.use(() => {
  throw refusal(404, 'Not Found', 'Not Found', { message: 'Not Found' });
});

app.use((error, _request, response, _next) => {
  if (error instanceof Sequelize.ValidationError) {
    const errors = Object.fromEntries(error.errors.map(({ path, message }) => [path, message]));
    error = Object.assign(refusal(400, 'Bad Request', 'Bad Request', errors), { stack: error.stack });
  }
  // WEAK: the stack, outside production.
  response.status(error.status || 500).json({
    title: error.title || 'Server Error', message: error.message, errors: error.errors,
    stack: production ? null : error.stack,
  });
});

prepare().then(() => serve(app, 8000), fail);
