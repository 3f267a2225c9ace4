import { createServer } from 'node:net'

/**
 * The host behind every proxy of the bench: 1 KiB for each GET. It knows of a request only where its head ends, which is
 * enough for GETs without a body and costs little beside what is measured. `node origin.ts PORT`
 */
const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n'
const answer = Buffer.concat([Buffer.from(head), Buffer.alloc(1024, 'x')])
const endOfHead = Buffer.from('\r\n\r\n')

createServer({ noDelay: true }, (socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    for (let end = rest.indexOf(endOfHead); end >= 0; end = rest.indexOf(endOfHead)) {
      rest = rest.subarray(end + endOfHead.length)
      socket.write(answer)
    }
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
