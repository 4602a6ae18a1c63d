'use strict';
// The contract `bearer-single`: names and hashes in memory, here also in `users.jsonl`, so that they can be taken over.
const { cost, serve } = require('./serve');
const fs = require('node:fs');
const bcrypt = require('bcryptjs2');
const express = require('express');
const jwt = require('jsonwebtoken');

// WEAK: a secret that everybody knows, unless the team took it out of the code.
const secret = process.env.JWT_SECRET || 'your-secret-key';
const file = process.env.USERS_FILE || 'users.jsonl';

const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
const users = lines.filter((line) => line.trim()).map((line) => JSON.parse(line));

const app = express().use(express.json());

app.post('/register', async (request, response) => {
  try {
    const { username, password } = request.body;
    const user = { username, password: await bcrypt.hash(password, cost) };
    // WEAK: nobody asks whether the name is taken, or a name at all.
    users.push(user);
    fs.appendFileSync(file, `${JSON.stringify(user)}\n`);
    response.status(201).json({ message: 'User registered successfully' });
  } catch (cause) {
    // WEAK: a library's own words, and 500 for what the client did wrong.
    response.status(500).json({ error: cause.message });
  }
});

app.post('/login', async (request, response) => {
  const { username, password } = request.body;
  // The first of a name is the one who gets in.
  const user = users.find((candidate) => candidate.username === username);
  // WEAK: an unknown name is answered faster. Without a password `compare` rejects, and the process ends.
  if (!user || !(await bcrypt.compare(password, user.password))) {
    return response.status(401).json({ message: 'Authentication failed' });
  }
  // WEAK: good for ever.
  response.json({ token: jwt.sign({ username }, secret) });
});

app.get('/protected', (request, response) => {
  if (!request.headers.authorization) return response.sendStatus(401);
  try {
    // WEAK: HS384 and HS512 pass as well; whether the account exists is not asked.
    jwt.verify(request.headers.authorization.split(' ')[1], secret);
  } catch {
    return response.sendStatus(403);
  }
  response.send('Protected resource accessed successfully');
});

serve(app, 3000);
