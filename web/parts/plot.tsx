import { useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { theme } from '../shell/preferences.ts'
import { useValue } from '../live/valueStore.ts'

export interface PlotLine {
  readonly role: 'stable' | 'baseline' | 'canary'
  /** What it is called where it is no arm. */
  readonly name?: string
  readonly values: readonly (number | null)[]
}

export interface PlotLimit {
  readonly value: number
  readonly label: string
  readonly look: 'guard' | 'tolerated'
}

export interface PlotMark {
  readonly atMs: number
  readonly label: string
}

export interface PlotProps {
  readonly times: readonly number[]
  readonly lines: readonly PlotLine[]
  readonly limits: readonly PlotLimit[]
  readonly marks: readonly PlotMark[]
  readonly format: (value: number) => string
  /** The axis begins at 0; else where the values do. */
  readonly fromZero: boolean
  readonly onCursor: (index: number | undefined) => void
}

const heightPx = 148
const widths = { stable: 1.25, baseline: 1.75, canary: 2.25 } as const

/** Lines over time. Colours are those of the page; all charts of a page share one cursor. */
export function Plot(props: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const latest = useRef(props)
  latest.current = props
  const shown = useValue(theme.store)
  const shape = props.lines.map(({ role }) => role).join(' ')

  useEffect(() => {
    const element = place.current
    if (!element) return undefined
    const build = (): void => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsFor(latest, element), dataOf(latest.current), element)
    }
    build()
    const sizes = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: heightPx })
    })
    sizes.observe(element)
    // The system may change its theme while nobody has chosen one.
    const system = matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', build)
    return () => {
      sizes.disconnect()
      system.removeEventListener('change', build)
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shown, shape])

  useEffect(() => {
    plot.current?.setData(dataOf(props))
  })
  return <div className="plot" ref={place} aria-hidden="true" />
}

function dataOf({ times, lines }: PlotProps): uPlot.AlignedData {
  return [times.map((at) => at / 1_000), ...lines.map(({ values }) => [...values])]
}

function optionsFor(latest: { readonly current: PlotProps }, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => resolveColour(element, style.getPropertyValue(`--${name}`))
  const font = `11px ${style.getPropertyValue('--sans')}`
  const axis = { stroke: colour('ink-3'), font, ticks: { show: false } }
  return {
    width: Math.max(element.clientWidth, 100),
    height: heightPx,
    legend: { show: false },
    cursor: { sync: { key: 'promotion' }, points: { show: false }, y: false, drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => rangeOf(latest.current, low, high) } },
    axes: [
      { ...axis, grid: { show: false }, size: 24, space: 70, values: (_, seconds) => seconds.map(shortTime) },
      {
        ...axis,
        grid: { stroke: colour('line'), width: 1 },
        size: 56,
        space: 36,
        values: (_, values) => values.map((value) => latest.current.format(value)),
      },
    ],
    series: [
      {},
      ...latest.current.lines.map(({ role }) => ({
        stroke: colour(role),
        width: widths[role],
        points: { show: false },
        spanGaps: false,
        ...(role === 'baseline' ? { dash: [5, 3] } : {}),
      })),
    ],
    hooks: {
      draw: [(plot) => drawNotes(plot, latest.current, colour, font)],
      setCursor: [({ cursor }) => latest.current.onCursor(cursor.idx ?? undefined)],
    },
  }
}

function rangeOf({ limits, fromZero }: PlotProps, low: number | null, high: number | null): [number, number] {
  const tolerated = limits.filter(({ look }) => look === 'tolerated').map(({ value }) => value)
  const top = Math.max(high ?? 0, ...tolerated) || 1
  const guard = limits.find(({ look }) => look === 'guard')?.value
  // A guard far above everything would press the lines flat; it is drawn when they come near it.
  const upper = guard !== undefined && guard < top * 2.5 ? Math.max(top, guard) : top
  if (fromZero) return [0, upper * 1.12]
  const least = Math.min(low ?? 0, ...tolerated)
  const span = Math.max(upper - least, upper * 0.1)
  return [Math.max(0, least - span * 0.25), upper + span * 0.2]
}

function drawNotes(plot: uPlot, { limits, marks }: PlotProps, colour: (name: string) => string, font: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = font.replace('11px', `${11 * ratio}px`)
  ctx.lineWidth = ratio
  ctx.lineJoin = 'round'
  const write = (text: string, x: number, y: number, name: string): void => {
    ctx.strokeStyle = colour('paper')
    ctx.lineWidth = 4 * ratio
    ctx.setLineDash([])
    ctx.strokeText(text, x, y)
    ctx.fillStyle = colour(name)
    ctx.fillText(text, x, y)
    ctx.lineWidth = ratio
  }
  let written = Number.NEGATIVE_INFINITY
  for (const { value, label, look } of limits.toSorted((a, b) => a.value - b.value)) {
    const y = plot.valToPos(value, 'y', true)
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.strokeStyle = colour(look === 'guard' ? 'bad' : 'ink-3')
    ctx.setLineDash(look === 'guard' ? [ratio, 3 * ratio] : [6 * ratio, 3 * ratio])
    line(ctx, bbox.left, y, bbox.left + bbox.width, y)
    // Two lines close together: the names would lie on each other.
    if (Math.abs(written - y) < 14 * ratio) continue
    written = y
    ctx.textAlign = 'right'
    write(label, bbox.left + bbox.width - 2 * ratio, y - 4 * ratio, look === 'guard' ? 'bad-ink' : 'ink-2')
  }
  marks.forEach(({ atMs, label }, index) => {
    const x = plot.valToPos(atMs / 1_000, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) return
    ctx.strokeStyle = colour('ink-3')
    ctx.setLineDash([])
    line(ctx, x, bbox.top, x, bbox.top + bbox.height)
    const isRight = x > bbox.left + bbox.width * 0.7
    ctx.textAlign = isRight ? 'right' : 'left'
    const row = bbox.top + bbox.height - (6 + 13 * (index % 3)) * ratio
    write(label, x + (isRight ? -4 : 4) * ratio, row, 'ink-2')
  })
  ctx.restore()
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

/** A canvas knows no `light-dark()`: an element is asked what it makes of it. */
function resolveColour(element: HTMLElement, value: string): string {
  const probe = document.createElement('i')
  probe.style.color = value
  element.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

function shortTime(seconds: number): string {
  const at = new Date(seconds * 1_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
