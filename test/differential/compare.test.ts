import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { readAnswers } from './readAnswers.ts'

describe('a difference', () => {
  const theirs = { answer: '200', reached: 'GET /a', after: 'stays open' }

  test('is none where we do as both do, or where they do not agree', () => {
    expect(compare(theirs, [theirs, theirs]).problems).toEqual([])
    expect(compare({ answer: '400' }, [theirs, { ...theirs, answer: '501' }]).problems).toEqual([])
  })

  test('needs a reason where they agree', () => {
    const ours = { ...theirs, after: 'closed' }
    expect(compare(ours, [theirs, theirs]).problems).toEqual(['after: ours is "closed", theirs "stays open"'])
    expect(compare(ours, [theirs, theirs], { after: 'because' }).problems).toEqual([])
    expect(compare(ours, [theirs, theirs], { answer: 'because' }).problems).toHaveLength(2)
  })

  test('that is explained must be there', () => {
    const problems = ['answer: a difference is explained that is not there']
    expect(compare(theirs, [theirs, theirs], { answer: 'because' }).problems).toEqual(problems)
    expect(compare({ answer: '400' }, [theirs, { answer: '501' }], { answer: 'because' }).problems).toEqual(problems)
  })

  test('in the answer is the only one that is told: everything else follows from it', () => {
    const ours = { answer: '400', reached: 'nothing', after: 'closed' }
    expect(compare(ours, [theirs, theirs]).differing).toEqual(['answer'])
  })
})

test('answers are read as a strict client reads them', () => {
  const head = 'HTTP/1.1 200 OK\r\n'
  const read = (text: string, method?: string): string =>
    readAnswers(text, method)
      .map(({ status, body, end, trailers }) => [status, body, end, ...trailers].join(' '))
      .join(', ')
  expect(read(`${head}Content-Length: 2\r\n\r\nok`)).toBe('200 ok whole')
  expect(read(`${head}Content-Length: 3\r\n\r\nok`)).toBe('200 ok cut')
  expect(read(`${head}Content-Length: 3\r\n\r\n`, 'HEAD')).toBe('200  whole')
  expect(read(`${head}\r\nok`)).toBe('200 ok open')
  expect(read(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: 1\r\n\r\n`)).toBe('200 ok whole x: 1')
  expect(read(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n`)).toBe('200 ok cut')
  expect(read(`HTTP/1.1 103 E\r\n\r\n${head}Content-Length: 0\r\n\r\n${head}Content-Length: 1\r\n\r\na`)).toBe(
    '103  whole, 200  whole, 200 a whole',
  )
})
