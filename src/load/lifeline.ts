import { Socket } from 'node:net'

/** Calls `onCut` when whoever holds the other end of the pipe on file descriptor 3 is gone. */
export function watchLifeline(onCut: () => void): void {
  const pipe = new Socket({ fd: 3, readable: true, writable: false })
  pipe.on('end', onCut)
  pipe.on('error', onCut)
  pipe.resume()
  pipe.unref()
}
