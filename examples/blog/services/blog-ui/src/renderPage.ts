export interface PageContent {
  readonly language: string
  readonly drafts: number
  /** What the blog answered: one post or a list; undefined leaves the part out. */
  readonly blog: unknown
}

const headings = new Map([
  ['en', 'The harbour blog'],
  ['de', 'Das Hafenblog'],
  ['fr', 'Le blog du port'],
  ['ja', '港のブログ'],
])

export function renderPage(content: PageContent): string {
  const language = headings.has(content.language) ? content.language : 'en'
  const heading = headings.get(language) ?? ''
  const posts = postsOf(content.blog).map((post) => `<li><a href="/ui/blog/${post.id}">${escape(post.title)}</a></li>`)
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${heading}</title></head>
<body>
<h1>${heading}</h1>
${posts.length > 0 ? `<ul>${posts.join('')}</ul>` : ''}
<form method="post" action="/ui/blog"><input name="title" required maxlength="200"><button>+</button></form>
<footer>${content.drafts}</footer>
</body>
</html>
`
}

function postsOf(blog: unknown): readonly { readonly id: number; readonly title: string }[] {
  if (typeof blog !== 'object' || blog === null) return []
  const rows: unknown = 'items' in blog ? blog.items : [blog]
  return Array.isArray(rows) ? rows.filter(isPost).slice(0, 20) : []
}

function isPost(row: unknown): row is { readonly id: number; readonly title: string } {
  if (typeof row !== 'object' || row === null || !('id' in row) || !('title' in row)) return false
  return typeof row.id === 'number' && typeof row.title === 'string'
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
