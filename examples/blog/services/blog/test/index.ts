// `node --test test` runs a folder as one test file: this one.
import './pause.test.ts'
import './posts.test.ts'
import './presentPost.test.ts'
import './requestContext.test.ts'
import './settings.test.ts'
