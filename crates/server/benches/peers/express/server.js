'use strict';

// How fast does a hand-written Express 4 backend answer a request that carries a JSON Web Token, and a login?
// Only what such a backend cannot do without: a body parser, a token check, a route each; the accounts are in memory.
// No log line, no added headers: whatever a real one does beyond this makes it slower.

const { createSecretKey } = require('node:crypto');
const express = require('express');
const jwt = require('jsonwebtoken');

const port = Number(process.env.PORT ?? 3000);
const secret = process.env.ACCESS_TOKEN_SECRET;
if (!secret) {
  console.error('ACCESS_TOKEN_SECRET is not set');
  process.exit(2);
}

// jsonwebtoken 9 takes a string first for a public key, and fails at it, on every single request. Most
// backends pay for that unknowingly. SECRET_FORM=key measures one that hands over a parsed key instead.
const key = process.env.SECRET_FORM === 'key' ? createSecretKey(Buffer.from(secret)) : secret;

function authenticateToken(req, res, next) {
  const header = req.headers.authorization;
  const [scheme, token] = header ? header.split(' ') : [];
  if (scheme !== 'Bearer' || !token) return res.status(401).json({ message: 'Access token required' });

  jwt.verify(token, key, { algorithms: ['HS256'] }, (err, claims) => {
    if (err) return res.status(403).json({ message: 'Invalid or expired token' });
    req.user = claims;
    next();
  });
}

// HASHER=bcrypt is the native library, which hashes on threads of its own; bcryptjs hashes where everything runs.
const hasher = require(process.env.HASHER === 'bcryptjs' ? 'bcryptjs' : 'bcrypt');
const ACCOUNTS = 64;
const PASSWORD = 'correct horse battery';
const accounts = new Map();

const app = express();
app.use(express.json());

app.post('/login', async (req, res) => {
  const account = accounts.get(req.body.identifier);
  if (!account || !(await hasher.compare(req.body.password, account.hash))) {
    return res.status(401).json({ message: 'Invalid credentials' });
  }
  res.json({ token: jwt.sign({ userId: account.id }, key, { expiresIn: '15m' }) });
});

app.get('/protected', authenticateToken, (req, res) => {
  res.json({ userId: req.user.userId ?? req.user.sub });
});

async function main() {
  const cost = Number(process.env.BCRYPT_COST ?? 10);
  // One hash for all: salts do not change what a login costs.
  const hash = await hasher.hash(PASSWORD, cost);
  for (let id = 0; id < ACCOUNTS; id += 1) accounts.set(`person-${id}@example.com`, { id, hash });
  const server = app.listen(port, '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${server.address().port}`);
  });
}

main();
