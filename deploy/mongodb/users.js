// Makes the users of MongoDB, one for every secret mongodb-NAME.secret that is mounted: it reads and
// writes the database prooftrail_NAME and nothing else. Run again it sets the passwords anew.

const fs = require('node:fs')

const SECRETS = '/run/secrets'
const passwordIn = (file) => fs.readFileSync(`${SECRETS}/${file}`, 'utf8').trim()
const password = encodeURIComponent(passwordIn('mongodb-root.secret'))
const root = connect(`mongodb://root:${password}@mongodb:27017/admin?directConnection=true`)
const names = fs
  .readdirSync(SECRETS)
  .map((file) => /^mongodb-(.+)\.secret$/.exec(file)?.[1])
  .filter((name) => name !== undefined && name !== 'root')

for (const name of names) {
  const database = `prooftrail_${name.replaceAll('-', '_')}`
  const own = root.getSiblingDB(database)
  const user = `prooftrail-${name}`
  const pwd = passwordIn(`mongodb-${name}.secret`)
  const roles = [{ role: 'readWrite', db: database }]
  if (own.getUser(user)) own.updateUser(user, { pwd, roles })
  else own.createUser({ user, pwd, roles })
  print(`${user} uses ${database}`)
}
