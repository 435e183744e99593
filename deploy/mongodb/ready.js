// The health check of MongoDB: a replica set of one that takes writes. It is made at the first time;
// services ask for a journaled majority, and members can be added.

const fs = require('node:fs')

const SECRETS = '/run/secrets'
const passwordIn = (file) => fs.readFileSync(`${SECRETS}/${file}`, 'utf8').trim()
const password = encodeURIComponent(passwordIn('mongodb-root.secret'))
const admin = connect(`mongodb://root:${password}@127.0.0.1:27017/admin?directConnection=true`)
const NOT_YET_INITIALIZED = 94

function isWritable() {
  try {
    admin.adminCommand({ replSetGetStatus: 1 })
  } catch (error) {
    if (error.code !== NOT_YET_INITIALIZED) throw error
    const members = [{ _id: 0, host: 'mongodb:27017' }]
    admin.adminCommand({ replSetInitiate: { _id: 'rs0', members } })
  }
  return admin.hello().isWritablePrimary
}

quit(isWritable() ? 0 : 1)
