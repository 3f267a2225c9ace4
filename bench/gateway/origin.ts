import { createServer } from 'node:http'

/** The host behind every proxy of the bench: 1 KiB for each GET. `node origin.ts PORT` */
const body = Buffer.alloc(1024, 'x')
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
  response.end(body)
}).listen(Number(process.argv[2]), '127.0.0.1')
