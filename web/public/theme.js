// Before the first paint, so that nobody sees the other theme for a moment.
try {
  const theme = localStorage.getItem('cofferdam.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is switched off: the system's theme holds.
}
