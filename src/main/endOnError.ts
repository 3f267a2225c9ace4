import { CofferdamError, errorCatalogue } from '../domain/errors.ts'

/** Whatever keeps a process of ours from starting is one sentence and an exit code that scripts know. */
export function endOnError(): void {
  process.on('uncaughtException', (error) => {
    if (!(error instanceof CofferdamError)) throw error
    process.stderr.write(`${error.code}: ${error.message.replaceAll('\n', ' ')}\n${errorCatalogue[error.code].help}\n`)
    process.exit(errorCatalogue[error.code].exit)
  })
}
